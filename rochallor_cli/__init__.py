"""The command line of the Rochallor workflow engine: worker host, admin tool and embedded engine."""
