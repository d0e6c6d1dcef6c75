"""What tests share: `from support.engines import running_engine`.

Commands and pages
    command_line.py          `rochallor("defs", "upload", path)`: output and exit status, in this process or its own
    command_table.py         every command with its options, from which tests are generated
    changed_package.py       the command line with one field more: a copy of the package, changed and run
    asking_commands.py       a command line for each command that asks an engine and ends
    repository_files.py      the files of this repository
    documentation_pages.py   the commands of the pages, with the output shown beneath them
    pasted_commands.py       commands pasted into bash, where `rochallor` is this very process
    promised_sentences.py    which test holds which sentence of the pages
    promised/                the same, page by page

Engines, and what stands in for one
    engines.py               dev engines in memory, each on a free port
    use_cases.py             the dev engine's use cases, without server and loop
    reporting_engine.py      an engine in Kafka mode that knows reports only
    scripted_server.py       each answer comes from a function of the test
    small_server.py          every request is answered alike and remembered
    byte_server.py           exactly the bytes a test wants, and the end of the connection
    http_server.py           what those three stand on: a handler on a free port
    planted_answers.py       recorded answers with something planted into them
    engine_of_version.py     answers as an engine of a version gives them
    hostile_engine.py        answers that HTML, templates and terminals would obey
    recordings.py            the recorded answers of real engines, and how they are replayed
    known_answers.py         the answers that docs/answers.md records

Between a client and its engine
    fault_proxy.py           cut answers, a gateway's errors, silence
    gateway.py               gateways that answer in the engine's place
    tunnel_proxy.py          a proxy for CONNECT
    certificates.py          a private CA, a server's and a client's certificate
    http_stacks.py           the SDK's two HTTP stacks behind one face

Workers
    worker_host.py           a real `rochallor work` in a process of its own
    sdk_workers.py           runners of the SDK in threads, executions counted by handlers
    scripted_channel.py      senders on a channel that follows a script
    programs.py              programs of SDK users, run as they are
    wake_ups.py              how often a process wakes up
    counted_work.py          what a worker makes its loop and the system do

Kafka
    apache_kafka.py          a real Apache Kafka, where Java and Maven are
    secured_kafka.py         the same with a listener for each way to be secured
    kafka_records.py         records, published by a plain producer
    kafka_jobs.py            a handler that counts, and its jobs
    kafka_workers.py         KafkaRunners in threads
    kafka_processes.py       worker processes, and an audit of what they did
    kafka_worker_program.py  what such a process runs

Definitions
    workflows.py             builders: valid by default, each step in one line
    random_workflows.py      random ones that every version takes
    random_definitions.py    random ones that nobody would write
    agreeing_runs.py         one random run on several sides that have to agree
    reference_engine.py      a second reading of the engine's contract, as plain as it can be
    worlds.py                worlds of the pure machine

The page
    ui_pages.py              its server in this process, and a browser's part by hand
    ui_engine.py             an engine with its page, for a real browser
    browser.py               that browser, where one is installed

All of them
    waiting.py               a condition is waited for, never a time
    session_values.py        what is made once for the whole run of tests
    leftover_processes.py    processes end with the run, also when it is killed
"""
