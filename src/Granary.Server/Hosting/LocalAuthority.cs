using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Granary.Server.Hosting;

/// <summary>
/// HTTPS without any configuration: a certificate authority of this data directory's own, in <c>tls/ca.crt</c> and
/// <c>tls/ca.key</c>, which clients are told to trust once, and a server certificate that it signs. The authority has no name
/// constraints, because names may be added later and clients must not have to trust another one then; its path length is 0.
/// </summary>
public static class LocalAuthority
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>What clients must trust; PEM.</summary>
    public static string AuthorityPath(string directory) => Path.Combine(directory, "tls", "ca.crt");

    /// <summary>
    /// The server certificate with its key, for localhost, the loopback addresses, this machine's name and the names given. It is
    /// made anew when it has less than 30 days left, lacks a name, or does not fit the authority; the authority itself when it has
    /// less than 30 days left or one of its two files is missing. It may be called again at any time.
    /// </summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="extraNames">DNS names, <c>*.</c> names or IP addresses.</param>
    /// <param name="clock">Decides about renewal.</param>
    public static X509Certificate2 LoadOrCreate(string directory, IEnumerable<string> extraNames, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        using var authority = Load(directory, "ca", now) ?? Save(directory, "ca", LocalCertificates.CreateAuthority(now));
        var names = Names(extraNames);
        var server = Load(directory, "server", now);
        if (server is not null && IsSignedBy(server, authority) && HasNames(server, names))
        {
            return server;
        }

        server?.Dispose();
        return Save(directory, "server", LocalCertificates.CreateServer(authority, names, now));
    }

    private static X509Certificate2? Load(string directory, string name, DateTimeOffset now)
    {
        var (certificatePath, keyPath) = Paths(directory, name);
        if (!File.Exists(certificatePath) || !File.Exists(keyPath))
        {
            return null;
        }

        try
        {
            var certificate = ConfiguredCertificate.WithUsableKey(X509Certificate2.CreateFromPemFile(certificatePath, keyPath));
            if (certificate.NotAfter.ToUniversalTime() - now.UtcDateTime >= RenewBefore)
            {
                return certificate;
            }

            certificate.Dispose();
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Damaged, or the two files are not of one pair because the machine stopped between them.
            return null;
        }
    }

    private static X509Certificate2 Save(string directory, string name, X509Certificate2 certificate)
    {
        var (certificatePath, keyPath) = Paths(directory, name);
        using var key = certificate.GetECDsaPrivateKey()!;
        KeyFile.Replace(keyPath, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        KeyFile.ReplacePublic(certificatePath, System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
        return ConfiguredCertificate.WithUsableKey(certificate);
    }

    private static (string Certificate, string Key) Paths(string directory, string name) =>
        (Path.Combine(directory, "tls", $"{name}.crt"), Path.Combine(directory, "tls", $"{name}.key"));

    // "*.localhost" is left out: OpenSSL takes no wildcard directly below a top-level name.
    private static HashSet<string> Names(IEnumerable<string> extraNames)
    {
        HashSet<string> names = ["localhost", IPAddress.Loopback.ToString(), IPAddress.IPv6Loopback.ToString()];
        var machine = Environment.MachineName.ToLowerInvariant();
        if (Uri.CheckHostName(machine) == UriHostNameType.Dns)
        {
            names.Add(machine);
        }

        foreach (var name in extraNames)
        {
            var bare = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;
            if (Uri.CheckHostName(bare) == UriHostNameType.Unknown)
            {
                throw new InvalidDataException($"'{name}' is neither a DNS name nor an IP address, so no certificate can be made for it.");
            }

            names.Add(IPAddress.TryParse(name, out var address) ? address.ToString() : name.ToLowerInvariant());
        }

        return names;
    }

    private static bool HasNames(X509Certificate2 certificate, HashSet<string> names)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault();
        return alternatives is not null && names.IsSubsetOf(
            alternatives.EnumerateDnsNames().Concat(alternatives.EnumerateIPAddresses().Select(address => address.ToString())));
    }

    private static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        var issuer = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().SingleOrDefault()?.KeyIdentifier;
        var subject = authority.Extensions.OfType<X509SubjectKeyIdentifierExtension>().SingleOrDefault()?.SubjectKeyIdentifierBytes;
        return issuer is { } a && subject is { } b && a.Span.SequenceEqual(b.Span);
    }
}
