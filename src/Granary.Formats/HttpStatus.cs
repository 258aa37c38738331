using Granary.Core;

namespace Granary.Formats;

/// <summary>The status of a refusal on the data plane. The control plane has AWS's own table.</summary>
public static class HttpStatus
{
    public static int Of(RefusalKind kind) => kind switch
    {
        RefusalKind.Validation => 400,
        RefusalKind.Unauthenticated => 401,
        RefusalKind.AccessDenied => 403,
        RefusalKind.NotFound => 404,
        RefusalKind.NotSupported => 405,
        RefusalKind.Conflict => 409,
        RefusalKind.TooLarge or RefusalKind.QuotaExceeded => 413,
        RefusalKind.Throttled => 429,
        RefusalKind.SourceFailed => 502,
        RefusalKind.Unavailable => 503,
        RefusalKind.StorageFull => 507,
        _ => 500,
    };
}
