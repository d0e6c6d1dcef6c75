"""How a host is, for probes, Prometheus and systemd.

status.py         how workers are and what they have done, as values
server.py         /livez, /readyz and /metrics
exposition.py     the metrics of several processes as one page
status_client.py  what a running host is doing: `rochallor work status`, `quiet`, `resume`
host_metrics.py   what the host itself has to say there
probe.py          `rochallor work health`
systemd.py        READY, WATCHDOG, STOPPING
"""
