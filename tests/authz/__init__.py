"""Who may read what: every route, every kind of reader, every kind of study, over and over."""
