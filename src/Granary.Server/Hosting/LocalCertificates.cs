using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Granary.Server.Hosting;

/// <summary>
/// The two certificates of <see cref="LocalAuthority"/>: ECDSA P-256, with the extensions that strict verifiers ask for
/// (RFC 5280; OpenSSL's <c>-x509_strict</c>, which Python 3.13 turned on).
/// </summary>
internal static class LocalCertificates
{
    // Below the 825 days that Apple's platforms accept, and long enough for a server that is seldom started again.
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(800);
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3652);

    // For clients whose clock is behind ours.
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    public static X509Certificate2 CreateAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The random part keeps two installations apart in a client's list: trust stores look certificates up by subject.
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName($"Granary local authority {RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var identifier = new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false);
        Add(
            request,
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true),
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true),
            identifier,
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(identifier));
        return request.CreateSelfSigned(now - Backdated, now + AuthorityLife);
    }

    public static X509Certificate2 CreateServer(X509Certificate2 authority, IEnumerable<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        Add(
            request,
            new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true),
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true),
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false),
            new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false),
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false),
            AlternativeNames(names));

        // The life of what is signed may not pass that of the authority at either end.
        var start = Later(now - Backdated, authority.NotBefore.ToUniversalTime());
        var end = Earlier(now + ServerLife, authority.NotAfter.ToUniversalTime());
        using var certificate = request.Create(authority, start, end, SerialNumber());
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Extension AlternativeNames(IEnumerable<string> names)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        return alternatives.Build();
    }

    // RFC 5280 4.1.2.2: a positive integer of at most 20 octets.
    private static byte[] SerialNumber()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static void Add(CertificateRequest request, params ReadOnlySpan<X509Extension> extensions)
    {
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }
    }
}
