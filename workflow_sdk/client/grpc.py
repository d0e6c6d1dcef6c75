"""There is no gRPC client here: this module says so to programs that look for one."""

raise ImportError(
    "this SDK talks to engines over REST and Kafka, not over gRPC: "
    "use workflow_sdk.client.rest.RestEngineClient in place of GrpcEngineClient"
)
