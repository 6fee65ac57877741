using SeederMesh.Ledger.Sql;

namespace SeederMesh.Ledger.Writing;

/// <summary>The writer's statements.</summary>
internal static class Statements
{
    public const string TransferColumns =
        "t.sequence, t.id, d.id, c.id, t.amount_msat, t.code, t.kind, p.id, t.user_data FROM transfer t "
        + "JOIN account d ON d.number = t.debit_account JOIN account c ON c.number = t.credit_account "
        + "LEFT JOIN transfer p ON p.sequence = t.pending";

    public static readonly SqlStatement Commit = new("COMMIT");
    public static readonly SqlStatement Rollback = new("ROLLBACK");
    public static readonly SqlStatement Savepoint = new("SAVEPOINT one_posting");
    public static readonly SqlStatement ReleaseSavepoint = new("RELEASE SAVEPOINT one_posting");
    public static readonly SqlStatement RollbackToSavepoint = new("ROLLBACK TO SAVEPOINT one_posting");

    public static readonly SqlStatement InsertPosting = new(
        "INSERT INTO posting (number, id, digest, posted_unix_ms) VALUES (@p0, @p1, @p2, @p3)", 4);

    public static readonly SqlStatement InsertAccount = new(
        "INSERT INTO account (number, id, kind, flags, debits_pending, debits_posted, credits_pending, credits_posted, "
        + "last_sequence) VALUES (@p0, @p1, @p2, @p3, 0, 0, 0, 0, 0)",
        4);

    public static readonly SqlStatement InsertTransfer = new(
        "INSERT INTO transfer (sequence, id, posting, debit_account, credit_account, amount_msat, released_msat, code, kind, "
        + "pending, user_data) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10)",
        11);

    public static readonly SqlStatement UpdateAccount = new(
        "UPDATE account SET debits_pending = @p1, debits_posted = @p2, credits_pending = @p3, credits_posted = @p4, "
        + "last_sequence = @p5 WHERE number = @p0",
        6);

    public static readonly SqlStatement FindAccount = new(
        "SELECT number, kind, flags, debits_pending, debits_posted, credits_pending, credits_posted, last_sequence "
        + "FROM account WHERE id = @p0",
        1);

    public static readonly SqlStatement FindTransfer = new($"SELECT {TransferColumns} WHERE t.id = @p0", 1);

    public static readonly SqlStatement FindResolution = new("SELECT kind FROM transfer WHERE pending = @p0", 1);

    public static readonly SqlStatement FindPosting = new("SELECT digest FROM posting WHERE id = @p0", 1);

    public static readonly SqlStatement LastAccount = new("SELECT COALESCE(MAX(number), 0) FROM account");

    public static readonly SqlStatement LastPosting = new("SELECT COALESCE(MAX(number), 0) FROM posting");

    public static readonly SqlStatement LastTransfer = new("SELECT COALESCE(MAX(sequence), 0) FROM transfer");
}
