-- Who is told of payouts that ended, and how far. What there is to tell is not stored again: the transfers that resolve payouts are it.
CREATE TABLE webhook (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  owners TEXT NOT NULL,
  address TEXT NOT NULL,
  generation INTEGER NOT NULL CHECK (generation > 0),
  status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 3),
  told_sequence INTEGER NOT NULL CHECK (told_sequence >= 0),
  failures INTEGER NOT NULL CHECK (failures >= 0),
  next_attempt_unix_ms INTEGER NOT NULL,
  reason TEXT,
  signed_unix_seconds INTEGER NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_that_resolves ON transfer (sequence) WHERE pending IS NOT NULL;

CREATE TRIGGER webhook_revision_rises BEFORE UPDATE ON webhook WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'webhook_revision_rises'); END;
CREATE TRIGGER webhook_tells_forward BEFORE UPDATE ON webhook WHEN NEW.told_sequence < OLD.told_sequence
BEGIN SELECT RAISE(ABORT, 'webhook_tells_forward'); END;
CREATE TRIGGER webhook_stays BEFORE DELETE ON webhook
BEGIN SELECT RAISE(ABORT, 'webhook_stays'); END;
