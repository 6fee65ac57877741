-- How a payee wants to be paid; a payee without a row takes the hub's own terms. Changed only by calls of whoever the
-- payee belongs to, signed later than the one in force.
CREATE TABLE payout_terms (
  payee_id BLOB PRIMARY KEY NOT NULL CHECK (length(payee_id) = 16) REFERENCES payee (id),
  threshold_msat INTEGER NOT NULL CHECK (threshold_msat > 0),
  schedule TEXT NOT NULL,
  bearer INTEGER NOT NULL CHECK (bearer BETWEEN 1 AND 3),
  signed_unix_seconds INTEGER NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER payout_terms_revision_rises BEFORE UPDATE ON payout_terms WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'payout_terms_revision_rises'); END;
CREATE TRIGGER payout_terms_signature_rises BEFORE UPDATE ON payout_terms WHEN NEW.signed_unix_seconds <= OLD.signed_unix_seconds
BEGIN SELECT RAISE(ABORT, 'payout_terms_signature_rises'); END;
CREATE TRIGGER payout_terms_stay BEFORE DELETE ON payout_terms
BEGIN SELECT RAISE(ABORT, 'payout_terms_stay'); END;
