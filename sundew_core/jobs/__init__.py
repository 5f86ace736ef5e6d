"""Jobs: background threads that train. Commands go in; events come out through the records."""
