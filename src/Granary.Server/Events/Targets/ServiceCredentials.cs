using Amazon.Runtime;
using Amazon.Runtime.Credentials;

namespace Granary.Server.Events.Targets;

/// <summary>The credentials that the settings name, else those that AWS's SDK finds: environment, profile, role of the machine.</summary>
internal sealed class ServiceCredentials(EventTargetOptions options)
{
    /// <returns>Null where there are none.</returns>
    public async Task<SigningCredentials?> FindAsync(CancellationToken cancellation)
    {
        if (options is { AccessKeyId: { } key, SecretAccessKey: { } secret })
        {
            return new SigningCredentials(key, secret, null);
        }

        try
        {
            // The search cannot be stopped, and takes long where a machine has no metadata service: it goes on for those who ask later.
            var found = await Task.Run(async () => await (await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync()).GetCredentialsAsync(), cancellation)
                .WaitAsync(cancellation);
            return new SigningCredentials(found.AccessKey, found.SecretKey, string.IsNullOrEmpty(found.Token) ? null : found.Token);
        }
        catch (Exception failure) when (failure is AmazonClientException or HttpRequestException or InvalidOperationException)
        {
            return null;
        }
    }
}
