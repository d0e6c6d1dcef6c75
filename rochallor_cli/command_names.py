"""The commands by name, and the words that options choose from: what can be known without importing any command.

Only plain literals: help reads this before anything else is imported.
"""

# name -> (one line of help, the commands of a group with theirs). Their files are called the same, in commands/.
COMMANDS: dict[str, tuple[str, dict[str, str]]] = {
    "demo": ("Watch a workflow run: embedded engine, example definition, workers.", {}),
    "run": (
        "Try a definition: an embedded engine, a worker with these handlers, and an instance led to its end.",
        {},
    ),
    "work": ("Host handlers: claim jobs, run them, report.", {}),
    "dev": ("Run an embedded engine on this machine.", {}),
    "ui": ("Serve a page on this machine that shows the engine, until Ctrl-C.", {}),
    "defs": (
        "Upload, read, check and compare definitions.",
        {
            "new": "Write a first definition, with a matching file of handlers and a test. No file is overwritten.",
            "explain": "Explain the format of definitions: a step type or a field, with its rules and an example.",
            "upload": "Upload definitions, and say what came of each: created, unchanged, or not the latest.",
            "get": "Print a definition: YAML that can be uploaded again, or JSON with -o json.",
            "list": "List definitions, the latest version of each.",
            "versions": "List the versions of a definition, the latest first, and what each changed.",
            "diff": "Compare definitions with what the engine has, step by step.",
            "lint": "Check definitions offline: the engine's own rules, then what it accepts and will regret.",
            "table": "Evaluate a decision table without an engine: which rules hold, and why others do not.",
            "schema": "Print the JSON Schema of definitions, for editors and other tools.",
            "verify": "Search everything that can happen to an instance of a definition, in every order.",
            "graph": "Draw a definition as a graph: text, mermaid, dot, or SVG, which needs nothing installed.",
        },
    ),
    "instances": (
        "Start, follow, inspect and cancel instances.",
        {
            "start": "Start an instance of a definition.",
            "get": "Show one instance: status, step, variables, reason of failure.",
            "explain": "Say why an instance stands where it stands, what would move it, and what can be done.",
            "count": "Count instances that fit.",
            "audit": "Group live instances by what they wait for and why they stand still, the worst first.",
            "list": "List instances, newest first.",
            "history": "Show the steps an instance went through.",
            "wait": "Wait until all these instances have ended.",
            "watch": "Follow an instance until it has ended: a live panel on a terminal, one line an event on a pipe.",
            "signal": "Let a WAIT step go on, merging variables into its instance.",
            "restart": "Begin FAILED or CANCELLED instances again from the start, as new instances.",
            "retry": "Let FAILED instances go on at the step that failed.",
            "cancel": "Cancel instances, named or chosen by options.",
        },
    ),
    "tasks": (
        "List and complete user tasks.",
        {
            "list": "List open user tasks.",
            "complete": "Complete an open user task, merging variables into its instance.",
        },
    ),
    "jobs": (
        "Find an instance's jobs in Kafka, and report one by hand.",
        {
            "find": "Find the open jobs of an instance in Kafka, as far back as the topics go.",
            "complete": "Complete a job, merging variables into its instance, as if a worker had done it.",
            "fail": "Fail a job, so that the engine hands it out anew, with one retry less.",
        },
    ),
    "handlers": (
        "Try handlers without an engine.",
        {
            "run": "Run one handler on one job, without an engine, and print its outcome as JSON.",
        },
    ),
    "doctor": ("Check this installation, the settings and the engine.", {}),
    "config": (
        "Show and change settings and contexts.",
        {
            "show": "Show each setting with where it comes from, and the contexts there are. Secrets are masked.",
            "use": "Make a context the one that is used when nothing else is said.",
            "set": "Change a context, or make a new one.",
        },
    ),
    "expr": (
        "Evaluate an expression without an engine: value, type, what was rewritten and converted, traps.",
        {},
    ),
    "api": ("Send a request of your own to the engine.", {}),
    "completion": ("Print the completion script of a shell.", {}),
    "options": ("List the options that every command takes.", {}),
}

# What a group's help shows of its commands; each is an example of the command as well.
GROUP_EXAMPLES: dict[str, tuple[str, ...]] = {
    "defs": (
        "rochallor defs new orders --steps reserve,charge,ship",
        "rochallor defs lint flows/",
        "rochallor defs upload flows/ --dry-run",
    ),
    "instances": (
        "rochallor instances start loan-processing-workflow --var applicantId=A-001 --follow",
        "rochallor instances list --status FAILED --since 2h",
        "rochallor instances explain 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
    ),
    "tasks": (
        "rochallor tasks list --by-age",
        "rochallor tasks complete 01JD8Q3VZ6M0T2H8X4K7N5RWZK --by jane@example.com --var approved=true",
    ),
    "jobs": (
        "rochallor jobs find 01JD8Q3VZ6M0T2H8X4K7N5RWZK --brokers localhost:9092",
        "rochallor jobs complete 01JD8Q3VZ6M0T2H8X4K7N5RWZK --var creditScore=720",
    ),
    "handlers": ("rochallor handlers run credit-score --module handlers.py --var applicantId=A-001",),
    "config": (
        "rochallor config set prod url=https://engine.example.com token-command='pass show rochallor'",
        "rochallor config use prod",
        "rochallor config show",
    ),
}

OUTPUTS = ("table", "wide", "json", "jsonl", "yaml", "csv", "name")
# "auto": as the engine's answers tell. A test holds the others against the table of versions.
ENGINE_VERSIONS = ("auto", "0", "1.0.0", "1.0.1", "1.1.0", "next", "leases")
TIMES = ("relative", "iso")
COLORS = ("auto", "always", "never")
