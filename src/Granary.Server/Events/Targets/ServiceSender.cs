using Granary.Core.Events.Delivery;

namespace Granary.Server.Events.Targets;

/// <summary>Sends to AWS's services, or to what has their API.</summary>
internal sealed class ServiceSender(EventHttp http, EventTargetOptions options, ServiceCredentials credentials, TimeProvider clock)
{
    private readonly RequestSigner signer = new(clock);

    public async Task<SendOutcome> SendAsync(TargetCall call, ArnParts arn, CancellationToken cancellation)
    {
        var endpoint = EndpointOf(arn);
        ServiceRequest? request;
        try
        {
            request = ServiceRequests.Create(call, arn, endpoint);
        }
        catch (FormatException failure)
        {
            return SendOutcome.Rejected(SendCodes.InvalidParameter, failure.Message);
        }

        if (request is null)
        {
            return SendOutcome.Rejected(SendCodes.InvalidParameter, $"Events are not sent to {call.Arn}.");
        }

        if (await credentials.FindAsync(cancellation) is not { } found)
        {
            return SendOutcome.Retry(
                SendCodes.SdkClientError,
                $"This server has no credentials for AWS. Set {EventTargetOptions.Section}:{nameof(options.AccessKeyId)} and {EventTargetOptions.Section}:{nameof(options.SecretAccessKey)}, or give its machine a role.");
        }

        using var message = signer.Sign(request, endpoint, found);
        return await EventHttp.SendAsync(http.Services, message, (response, limit) => ServiceAnswers.JudgeAsync(request, response, limit), cancellation);
    }

    private Uri EndpointOf(ArnParts arn) => options.Endpoints.TryGetValue(arn.Service, out var endpoint)
        ? endpoint
        : new Uri($"https://{arn.Service}.{arn.Region}.{(arn.Partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com")}");
}
