using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Granary.Server.Hosting;

/// <summary>A server certificate that an operator brings, with the intermediates that have to be sent along.</summary>
public sealed record ConfiguredCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    /// <summary>Reads PEM (a certificate or full chain, with the key in the same file or its own) or PKCS #12.</summary>
    /// <param name="path">The file of the certificate. It is taken for PKCS #12 when it does not begin as PEM does.</param>
    /// <param name="keyPath">The PEM file of the private key, where that is not in <paramref name="path"/>.</param>
    /// <param name="password">Opens the PKCS #12 file or the encrypted PEM key.</param>
    /// <exception cref="InvalidDataException">A file is missing, does not open with the password, or the key is of another certificate.</exception>
    public static ConfiguredCertificate Load(string path, string? keyPath = null, string? password = null)
    {
        try
        {
            return File.ReadAllText(path).Contains("-----BEGIN ", StringComparison.Ordinal) ? LoadPem(path, keyPath, password) : LoadPkcs12(path, password);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new InvalidDataException(
                $"The certificate in {path} cannot be used. Check the files, the password, and that the key belongs to the certificate: {e.Message}", e);
        }
    }

    private static ConfiguredCertificate LoadPem(string path, string? keyPath, string? password)
    {
        var certificate = password is null
            ? X509Certificate2.CreateFromPemFile(path, keyPath)
            : X509Certificate2.CreateFromEncryptedPemFile(path, password, keyPath);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(path);
        return new ConfiguredCertificate(WithUsableKey(certificate), WithoutLeaf(chain, certificate));
    }

    private static ConfiguredCertificate LoadPkcs12(string path, string? password)
    {
        var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(path, password);
        var certificate = all.FirstOrDefault(candidate => candidate.HasPrivateKey)
            ?? throw new CryptographicException("The file holds no private key.");
        return new ConfiguredCertificate(certificate, WithoutLeaf(all, certificate));
    }

    private static X509Certificate2Collection WithoutLeaf(X509Certificate2Collection all, X509Certificate2 leaf) =>
        [.. all.Where(candidate => candidate.Thumbprint != leaf.Thumbprint)];

    // TLS on Windows takes no key that is only in memory; a round trip through PKCS #12 gives it one that it takes.
    internal static X509Certificate2 WithUsableKey(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
        }
    }
}
