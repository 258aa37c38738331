using System.Net;
using Granary.Core.Events.Delivery;

namespace Granary.Server.Events.Targets;

/// <summary>What the status of an API destination's answer means, as EventBridge's user guide has it.</summary>
internal static class WebAnswers
{
    /// <param name="response">Only its head is looked at.</param>
    /// <param name="clock">For a date in Retry-After.</param>
    public static SendOutcome Judge(HttpResponseMessage response, TimeProvider clock)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            return SendOutcome.Delivered;
        }

        var reason = $"{response.RequestMessage!.RequestUri!.Host} answered {status}.";
        if (!IsRetried(response.StatusCode))
        {
            return SendOutcome.Rejected(SendCodes.ErrorFromTarget, status is >= 300 and < 400 ? $"{reason} Redirects are not followed." : reason);
        }

        return After(response, clock) switch
        {
            { } after when after < TimeSpan.Zero => SendOutcome.Rejected(SendCodes.ErrorFromTarget, $"{reason} Its Retry-After forbids another attempt."),
            var after => SendOutcome.Retry(status == 429 ? SendCodes.Throttling : SendCodes.ErrorFromTarget, reason, after),
        };
    }

    /// <summary>401 and 407 because a new token may do better, 409 and 429 because time may, and all of 5xx.</summary>
    public static bool IsRetried(HttpStatusCode status) =>
        status is HttpStatusCode.Unauthorized or HttpStatusCode.ProxyAuthenticationRequired or HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    // A negative number, by which a target says that it wants no more, is none to the header's own type.
    private static TimeSpan? After(HttpResponseMessage response, TimeProvider clock)
    {
        if (response.Headers.RetryAfter is { } known)
        {
            return known.Delta ?? (known.Date - clock.GetUtcNow() is { } until && until > TimeSpan.Zero ? until : TimeSpan.Zero);
        }

        return response.Headers.NonValidated.TryGetValues("Retry-After", out var values) && values.ToString() is ['-', .. var digits] && digits.Length > 0 && digits.All(char.IsAsciiDigit)
            ? TimeSpan.FromTicks(-1)
            : null;
    }
}
