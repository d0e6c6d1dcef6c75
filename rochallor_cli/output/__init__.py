"""Everything that reaches stdout goes through here."""
