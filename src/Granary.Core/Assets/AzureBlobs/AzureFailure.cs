using System.Net.Sockets;
using System.Xml;
using Azure;

namespace Granary.Core.Assets.AzureBlobs;

/// <summary>What a failing blob service is called, towards clients and towards the operator.</summary>
internal static class AzureFailure
{
    private const int InsufficientStorage = 507;

    /// <summary>Whether it is the store or the way to it that failed. Where the caller gave up, that must be asked first.</summary>
    public static bool IsOfStore(Exception failure) => failure is AggregateException several
        // Of all tries, where the SDK has made some.
        ? several.InnerExceptions.All(IsOfStore)
        : failure is RequestFailedException or BrokenBodyException or HttpRequestException or IOException or TimeoutException or OperationCanceledException
            // What HttpClient itself lets through where a connection is cut while it is being opened.
            or SocketException
            // Of a page of a listing.
            or XmlException;

    /// <summary>The cause is what the log says. Of the SDK's own words only the first line: the others repeat every header of the answer.</summary>
    public static Refusal Refuse(Exception failure)
    {
        var cause = new IOException(Words(failure), failure);
        return Last(failure) is RequestFailedException { Status: InsufficientStorage }
            ? Refusal.StorageFull(cause, "The object store is full, or its quota is used up. Make room there, then send the request again.")
            : Refusal.Unavailable("The object store does not answer as it should at the moment. Send the request again later.", cause);
    }

    /// <summary>In words for the operator, with what to do; without anything that is secret.</summary>
    public static string Explain(Exception failure, AzureOptions options) => Last(failure) switch
    {
        RequestFailedException { ErrorCode: "ContainerNotFound" or "ContainerBeingDeleted" } =>
            $"There is no {options}. Create it, or correct Storage:Azure:Container.",
        RequestFailedException { Status: 401 or 403, ErrorCode: var code } when options.SasToken is null =>
            $"The store does not let Granary into {options} ({code}). Correct Storage:Azure:AccountName and Storage:Azure:AccountKey. If they are right, the account must allow access with its keys, and its network rules this machine.",
        RequestFailedException { Status: 401 or 403, ErrorCode: var code } =>
            $"The store does not let Granary into {options} ({code}). Storage:Azure:SasToken must be one that has not expired, for the container or the account, and allow to read, create, write, delete and list (sp=rcwdl); and the account's network rules must allow this machine.",
        RequestFailedException { Status: 400 or 404, ErrorCode: var code } =>
            $"The store does not answer for {options} ({code}). Correct Storage:Azure:ServiceUrl or Storage:Azure:AccountName.",
        RequestFailedException { Status: > 0 and var status, ErrorCode: var code } =>
            $"The store answered {status} {code} when it was asked for {options}. It is asked again.",
        var last => $"The {options} cannot be reached: {Words(last)} Start the store, or correct Storage:Azure:ServiceUrl or Storage:Azure:AccountName. It is asked again.",
    };

    private static Exception Last(Exception failure) => failure is AggregateException { InnerExceptions: [.., var last] } ? Last(last) : failure;

    private static string Words(Exception failure) => Last(failure) switch
    {
        RequestFailedException { Status: > 0 and var status, ErrorCode: var code } refused => $"it answered {status} {code} {refused.Message.Split('\n')[0]}".TrimEnd(' ', '.', '\r') + ".",
        OperationCanceledException or TimeoutException => "it did not answer in time.",
        var last when last.GetBaseException() is OperationCanceledException or TimeoutException => "it did not answer in time.",
        var last => last.GetBaseException().Message.TrimEnd('.') + ".",
    };
}
