using System.Net;
using Granary.Core.Access;
using Granary.Core.Packages;
using Granary.Core.Usage;

namespace Granary.Core.Trail;

/// <summary>
/// One request as the audit trail tells of it. The server fills it in while it learns who asks for what; nothing is rendered
/// before the record is written, which reads leave to a batch.
/// </summary>
public sealed class TrailRecord
{
    /// <summary>What stands where a secret was, as in CloudTrail.</summary>
    public const string Hidden = "HIDDEN_DUE_TO_SECURITY_REASONS";

    // Estimated: the object itself and what it alone keeps alive.
    private const int LeastWeight = 400;

    private int written;

    /// <summary>When the request was done, as CloudTrail has it; set when the record is written or queued.</summary>
    public DateTimeOffset At { get; internal set; }

    /// <summary>Such as <c>codeartifact.amazonaws.com</c>.</summary>
    public required string Source { get; set; }

    /// <summary>The operation, or on the data plane the action without its prefix.</summary>
    public required string Name { get; set; }

    public bool IsReadOnly { get; set; }

    /// <summary>Something that the server did by itself, and not a request.</summary>
    public bool IsServiceEvent { get; init; }

    /// <summary>The other end of the connection, whatever headers say.</summary>
    public IPAddress? Address { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>The id that the client was told; null where it was told none.</summary>
    public string? RequestId { get; init; }

    /// <summary>Who asks; null as long as that is not verified.</summary>
    public Principal? Principal { get; set; }

    /// <summary>The caller's account, where it is known by other means than the principal.</summary>
    public string? Account { get => field ?? Principal?.AccountId; set; }

    /// <summary>The domain that the request is about and whose chain has the record; 0 for none.</summary>
    public long DomainId { get; set; }

    public string? DomainName { get; set; }

    public string? DomainOwner { get; set; }

    public string? Repository { get; set; }

    /// <summary>The account that administers the repository.</summary>
    public string? Administrator { get; set; }

    /// <summary>Of a request of a package manager; null on the control plane.</summary>
    public string? Method { get; init; }

    /// <summary>The path of such a request, without its query and without secrets.</summary>
    public string? Path { get; init; }

    public string? Format { get; init; }

    public PackageCoordinate? Package { get; set; }

    public string? Version { get; set; }

    /// <summary>The asset that is sent, for the rollups: no record tells of it. Without a name for none.</summary>
    public ServedAsset Served { get; set; }

    /// <summary>On the control plane: the parameters as one JSON object, secrets hidden.</summary>
    public ReadOnlyMemory<byte> Parameters { get; set; }

    /// <summary>What the answer may be told of, as JSON; empty for nothing.</summary>
    public ReadOnlyMemory<byte> Response { get; set; }

    /// <summary>The name that AWS gives the refusal; null for success.</summary>
    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    /// <summary>Whether it tells of nothing but that somebody was let in to read packages.</summary>
    public bool IsPlainRead => IsReadOnly && Method is not null && ErrorCode is null;

    public TrailChain Chain => new(DomainId, DomainId == 0 ? Account : null);

    /// <summary>Whether it is in the trail already, together with the change that the request made.</summary>
    public bool IsWritten => Volatile.Read(ref written) != 0;

    /// <summary>Bytes of memory that it holds while it waits.</summary>
    public int Weight =>
        LeastWeight + Parameters.Length + (2 * ((Path?.Length ?? 0) + (UserAgent?.Length ?? 0) + (ErrorMessage?.Length ?? 0)));

    /// <summary>Takes the record for the transaction that is about to make the request's change; false when an earlier one has it.</summary>
    internal bool Claim(DateTimeOffset now)
    {
        if (Interlocked.Exchange(ref written, 1) != 0)
        {
            return false;
        }

        At = now;
        return true;
    }

    /// <summary>The transaction came to nothing: the record is still to be written, and will tell how the request ended.</summary>
    internal void Release() => Volatile.Write(ref written, 0);

    /// <summary>The accounts that get a copy: the caller's, the domain's owner's and the repository's administrator's.</summary>
    internal IEnumerable<string> Recipients()
    {
        string?[] all = [Account, DomainOwner, Administrator];
        return all.OfType<string>().Where(IsAccount).Distinct(StringComparer.Ordinal);
    }

    // The owner in the address of an unauthenticated request is whatever somebody wrote there.
    private static bool IsAccount(string text) => text.Length == 12 && text.All(char.IsAsciiDigit);
}
