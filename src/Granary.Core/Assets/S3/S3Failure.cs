using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;

namespace Granary.Core.Assets.S3;

/// <summary>What a failing object store is called, towards clients and towards the operator.</summary>
internal static class S3Failure
{
    /// <summary>Whether it is the store or the way to it that failed. Where the caller gave up, that must be asked first.</summary>
    public static bool IsOfStore(Exception failure) =>
        failure is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException
            // What HttpClient itself lets through where a connection is cut while it is being opened.
            or SocketException;

    /// <summary>The cause is what the log says: the SDK's own words are often none.</summary>
    public static Refusal Refuse(Exception failure)
    {
        var cause = new IOException(Words(failure), failure);
        return IsFull(failure)
            ? Refusal.StorageFull(cause, "The object store is full, or its quota is used up. Make room there, then send the request again.")
            : Refusal.Unavailable("The object store does not answer as it should at the moment. Send the request again later.", cause);
    }

    /// <summary>In words for the operator, with what to do; without anything that is secret.</summary>
    public static string Explain(Exception failure, S3Options options) => failure switch
    {
        AmazonS3Exception { ErrorCode: "NoSuchBucket" } =>
            $"There is no {options}. Create it, or correct Storage:S3:Bucket.",
        AmazonS3Exception { ErrorCode: "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" or "ExpiredToken" } =>
            $"The store does not know the keys with which {options} was asked. Correct Storage:S3:AccessKey and Storage:S3:SecretKey.",
        AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden, ErrorCode: var code } =>
            $"The store does not let Granary into {options} ({code}). If Storage:S3:AccessKey and Storage:S3:SecretKey are right, they need s3:ListBucket there, and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on what is in it.",
        AmazonS3Exception { StatusCode: HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect or HttpStatusCode.BadRequest, ErrorCode: var code } =>
            $"The store does not answer for {options} ({code}). Correct Storage:S3:Region, Storage:S3:ServiceUrl or Storage:S3:PathStyle.",
        AmazonServiceException { StatusCode: > 0 and var status, ErrorCode: var code } =>
            $"The store answered {(int)status} {code} when it was asked for {options}. It is asked again.",
        AmazonClientException when failure.InnerException is null && options.AccessKey is null =>
            $"No keys were found for {options}. Set Storage:S3:AccessKey and Storage:S3:SecretKey, or give the machine a role.",
        _ => $"The {options} cannot be reached: {Words(failure)} Start the store, or correct Storage:S3:ServiceUrl. It is asked again.",
    };

    private static bool IsFull(Exception failure) =>
        failure is AmazonServiceException { StatusCode: HttpStatusCode.InsufficientStorage }
            or AmazonServiceException { ErrorCode: "QuotaExceeded" or "XMinioStorageFull" or "XMinioStorageQuotaExceeded" };

    private static string Words(Exception failure) => failure switch
    {
        AmazonServiceException { StatusCode: > 0 and var status, ErrorCode: var code } => $"it answered {(int)status} {code} {failure.Message}".TrimEnd(' ', '.') + ".",
        _ when failure.GetBaseException() is OperationCanceledException or TimeoutException => "it did not answer in time.",
        _ => failure.GetBaseException().Message.TrimEnd('.') + ".",
    };
}
