using Amazon;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Granary.Core;
using Granary.Core.Encryption;

namespace Granary.Server.Encryption;

/// <summary>
/// Keys in AWS's key management service, or in any that has its API. Nothing of a key is ever here but the data keys that it unwraps,
/// with the domain's ARN as the encryption context.
/// </summary>
internal sealed class KmsKeys(KmsOptions options) : IKeyService, IDisposable
{
    private const string ContextKey = "granary:domain";

    private readonly AmazonKeyManagementServiceClient kms = Client(options);

    public async Task<string> FindAsync(string account, string named, CancellationToken cancellation)
    {
        var found = (await AskAsync(named, token => kms.DescribeKeyAsync(new DescribeKeyRequest { KeyId = named }, token), cancellation)).KeyMetadata;
        // Such a key has one use, and it is encryption.
        if (found.KeySpec != KeySpec.SYMMETRIC_DEFAULT)
        {
            throw KeyRefusal.Of($"The encryption key {found.Arn} is no symmetric key for encryption. Name one that is.");
        }

        if (found.Origin == OriginType.EXTERNAL_KEY_STORE)
        {
            throw KeyRefusal.Of($"The encryption key {found.Arn} is in an external key store, which CodeArtifact does not support. Name another.");
        }

        return found.KeyState == KeyState.Enabled ? found.Arn
            : throw (found.KeyState == KeyState.Disabled ? KeyRefusal.Disabled(found.Arn)
                : KeyRefusal.Of($"The encryption key {found.Arn} cannot be used: its state is {found.KeyState}. Ask its owner to enable it, and send the request again."));
    }

    // The settings name one: see EncryptionSettings.
    public Task<string> DefaultAsync(string account, CancellationToken cancellation) =>
        throw KeyRefusal.Of("No encryption key is named. Name one with encryptionKey, or have the operator set Encryption:DefaultKey.");

    public async Task<byte[]> GenerateAsync(string arn, string context, CancellationToken cancellation)
    {
        var request = new GenerateDataKeyWithoutPlaintextRequest { KeyId = arn, KeySpec = DataKeySpec.AES_256, EncryptionContext = new() { [ContextKey] = context } };
        return (await AskAsync(arn, token => kms.GenerateDataKeyWithoutPlaintextAsync(request, token), cancellation)).CiphertextBlob.ToArray();
    }

    public async Task<byte[]> UnwrapAsync(DomainKey key, CancellationToken cancellation)
    {
        // Not every service with this API refuses to decrypt under a key that is disabled.
        await FindAsync("", key.KeyArn, cancellation);
        using var wrapped = new MemoryStream(key.Wrapped, writable: false);
        var request = new DecryptRequest { KeyId = key.KeyArn, CiphertextBlob = wrapped, EncryptionContext = new() { [ContextKey] = key.Context } };
        return (await AskAsync(key.KeyArn, token => kms.DecryptAsync(request, token), cancellation)).Plaintext.ToArray();
    }

    public void Dispose() => kms.Dispose();

    /// <summary>An answer. Of a failure only the service's name for it is told on, to clients and to the log.</summary>
    private async Task<T> AskAsync<T>(string key, Func<CancellationToken, Task<T>> question, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.Answer * 3);
        try
        {
            return await question(deadline.Token);
        }
        catch (NotFoundException)
        {
            throw KeyRefusal.NotFound(key);
        }
        catch (Exception failure) when (failure is DisabledException or KMSInvalidStateException)
        {
            throw KeyRefusal.Disabled(key);
        }
        catch (InvalidArnException)
        {
            throw KeyRefusal.Of($"'{key}' is no name of an encryption key. Write the id, ARN or alias of a symmetric key.");
        }
        catch (Exception failure) when (failure is InvalidCiphertextException or IncorrectKeyException or InvalidKeyUsageException)
        {
            throw KeyRefusal.Of($"The encryption key {key} does not open what it is to have wrapped. The key service is not the one that the domain was created with: its operator has to correct Encryption:Endpoint.");
        }
        catch (AmazonServiceException failure) when (failure.ErrorCode is "AccessDeniedException" or "ValidationException")
        {
            throw KeyRefusal.Of($"The key service does not let this server use the encryption key '{key}' ({failure.ErrorCode}). Its policy has to allow kms:DescribeKey, kms:GenerateDataKeyWithoutPlaintext and kms:Decrypt.");
        }
        catch (Exception failure) when (failure is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException
            || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Refusal.Unavailable("The key service does not answer as it should at the moment. Send the request again later.", new IOException(Words(failure)));
        }
    }

    private string Words(Exception failure) => failure switch
    {
        AmazonServiceException { StatusCode: > 0 and var status, ErrorCode: var code } => $"{options} answered {(int)status} {code}.",
        OperationCanceledException or TimeoutException => $"{options} did not answer in time.",
        _ => $"{options} cannot be asked ({failure.GetBaseException().GetType().Name}).",
    };

    private static AmazonKeyManagementServiceClient Client(KmsOptions options)
    {
        var config = new AmazonKeyManagementServiceConfig
        {
            Timeout = options.Answer,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 2,
            ThrottleRetries = false,
            // Where the environment of this machine sends AWS's clients is most likely Granary itself.
            IgnoreConfiguredEndpointUrls = true,
        };
        if (options.Endpoint is { } address)
        {
            config.ServiceURL = address.ToString();
            config.AuthenticationRegion = options.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        return options is { AccessKey: { } key, SecretKey: { } secret } ? new(key, secret, config) : new(config);
    }
}
