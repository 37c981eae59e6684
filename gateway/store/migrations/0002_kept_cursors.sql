-- Where the next run of a call begins.
ALTER TABLE task ADD COLUMN kept {long_text};
