-- Which creators name a payee in their manifests. A payee is its destinations, so several creators may name the same one.
CREATE TABLE payee_naming (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  payee_id BLOB NOT NULL REFERENCES payee (id),
  creator TEXT NOT NULL,
  CONSTRAINT payee_naming_is_one_a_creator UNIQUE (payee_id, creator)
) STRICT, WITHOUT ROWID;

-- Until now the first creator was known; the others follow as soon as somebody pays for a work of theirs.
INSERT INTO payee_naming (id, payee_id, creator) SELECT id, id, owner FROM payee WHERE kind = 1;

CREATE TRIGGER payee_naming_is_immutable BEFORE UPDATE ON payee_naming
BEGIN SELECT RAISE(ABORT, 'payee_naming_is_immutable'); END;
CREATE TRIGGER payee_naming_stays BEFORE DELETE ON payee_naming
BEGIN SELECT RAISE(ABORT, 'payee_naming_stays'); END;
