using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Granary.Core.Events.Delivery;

namespace Granary.Server.Events.Targets;

/// <summary>
/// What an AWS service's answer means. As EventBridge's user guide has it, missing permissions and resources that are gone are not retried: nothing will
/// change before somebody does. Throttling, a service's own faults, and credentials of this server that do not hold are.
/// </summary>
internal static partial class ServiceAnswers
{
    public static async Task<SendOutcome> JudgeAsync(ServiceRequest call, HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        var isRead = !response.IsSuccessStatusCode || call.Service == "events";
        var answer = isRead ? Encoding.UTF8.GetString(await EventHttp.ReadAsync(response, cancellation)) : "";
        if (response.IsSuccessStatusCode)
        {
            return call.Service == "events" ? JudgeEntry(call, answer) : SendOutcome.Delivered;
        }

        var error = response.Headers.TryGetValues("x-amzn-ErrorType", out var types) ? types.First() : Code(answer);
        return status is >= 300 and < 400
            ? SendOutcome.Rejected(SendCodes.ErrorFromTarget, $"{call.Service} answered {status}. Redirects are not followed.")
            : Judge(call, status, Simple(error));
    }

    private static SendOutcome Judge(ServiceRequest call, int status, string error)
    {
        var reason = $"{call.Service} answered {status}{(error.Length > 0 ? $" {error}" : "")}.";
        return error switch
        {
            "Throttling" or "ThrottlingException" or "ThrottledException" or "RequestThrottled" or "RequestThrottledException" or "RequestLimitExceeded" or "TooManyRequestsException"
                or "OverLimit" or "SlowDown" => SendOutcome.Retry(SendCodes.Throttling, reason),
            "AccountLimitExceededException" or "ConcurrentPipelineExecutionsLimitExceededException" or "LimitExceededException" => SendOutcome.Retry(SendCodes.ResourceLimitExceeded, reason),
            "ExpiredToken" or "ExpiredTokenException" or "RequestExpired" or "InvalidClientTokenId" or "UnrecognizedClientException" or "InvalidSignatureException" or "SignatureDoesNotMatch"
                or "IncompleteSignature" or "MissingAuthenticationToken" or "InvalidAccessKeyId"
                => SendOutcome.Retry(SendCodes.SdkClientError, $"{reason} The credentials of this server are not valid there, or its clock is wrong."),
            "AccessDenied" or "AccessDeniedException" or "AuthorizationError" or "AuthorizationErrorException" or "KMSAccessDenied" or "KMSAccessDeniedException" or "NotAuthorizedForSourceException"
                or "NotAuthorizedForDetailTypeException" => SendOutcome.Rejected(SendCodes.NoPermissions, reason),
            "ResourceNotFoundException" or "NotFound" or "NotFoundException" or "QueueDoesNotExist" or "NonExistentQueue" or "AWS.SimpleQueueService.NonExistentQueue"
                or "PipelineNotFoundException" => SendOutcome.Rejected(SendCodes.NoResource, reason),
            _ => status switch
            {
                429 => SendOutcome.Retry(SendCodes.Throttling, reason),
                // A function that is being changed, an execution that is being started.
                409 or >= 500 => SendOutcome.Retry(SendCodes.ErrorFromTarget, reason),
                403 => SendOutcome.Rejected(SendCodes.NoPermissions, reason),
                404 => SendOutcome.Rejected(SendCodes.NoResource, reason),
                _ => SendOutcome.Rejected(SendCodes.InvalidParameter, reason),
            },
        };
    }

    // PutEvents answers 200 whatever became of the entries.
    private static SendOutcome JudgeEntry(ServiceRequest call, string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            if (document.RootElement.GetProperty("FailedEntryCount").GetInt32() == 0)
            {
                return SendOutcome.Delivered;
            }

            var error = document.RootElement.GetProperty("Entries")[0].GetProperty("ErrorCode").GetString() ?? "";
            return Judge(call, error is "InternalFailure" or "InternalException" ? (int)HttpStatusCode.InternalServerError : (int)HttpStatusCode.BadRequest, error);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException or FormatException)
        {
            return SendOutcome.Retry(SendCodes.ErrorFromTarget, $"{call.Service} gave an answer that is none.");
        }
    }

    private static string Code(string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.ValueKind is JsonValueKind.Object
                && (document.RootElement.TryGetProperty("__type", out var type) || document.RootElement.TryGetProperty("code", out type)) && type.ValueKind is JsonValueKind.String
                ? type.GetString()! : "";
        }
        // The second where a text is half of a surrogate pair.
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return ErrorElement.Match(answer) is { Success: true } match ? match.Groups[1].Value : "";
        }
    }

    // Names may have a namespace before them and an address behind, and nothing of an answer is repeated that is no name.
    private static string Simple(string error)
    {
        var name = error[(error.LastIndexOf('#') + 1)..].Split(':')[0];
        return name.Length <= 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_') ? name : "";
    }

    [GeneratedRegex("<Code>([A-Za-z0-9._]{1,100})</Code>", RegexOptions.NonBacktracking)]
    private static partial Regex ErrorElement { get; }
}
