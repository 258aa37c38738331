using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Granary.Server.Hosting;

namespace Granary.Server.Diagnosis;

/// <summary>The certificate of https: whether it can be used, for how long, and for which names.</summary>
internal static class CertificateCheck
{
    private const string Topic = "certificate";

    private static readonly TimeSpan Short = TimeSpan.FromDays(30);

    public static IReadOnlyList<Finding> Run(Patient patient)
    {
        var options = patient.Options;
        if (!options.Urls.Contains("https://", StringComparison.OrdinalIgnoreCase))
        {
            return [Finding.Good(Topic, "none is needed: no address is of https")];
        }

        var local = patient.Under("tls", "server.crt");
        if (options.Certificate is null && !File.Exists(local))
        {
            return [Finding.Note(Topic, "the local authority makes one when a server is started on https")];
        }

        try
        {
            using var certificate = options.Certificate is { } path
                ? ConfiguredCertificate.Load(path, options.CertificateKey, options.CertificatePassword).Certificate
                : X509Certificate2.CreateFromPemFile(local, patient.Under("tls", "server.key"));
            return [Life(certificate, patient), Names(certificate, options)];
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or CryptographicException or ArgumentException or UnauthorizedAccessException)
        {
            return [Finding.Bad(Topic, failure.Message, options.Certificate is null ? $"Remove {local} and start the server, which makes a new one." : "Correct Tls:Certificate, Tls:Key and Tls:Password.")];
        }
    }

    private static Finding Life(X509Certificate2 certificate, Patient patient)
    {
        var now = patient.Clock.GetUtcNow().UtcDateTime;
        var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        var renew = patient.Options.Certificate is null ? "Restart the server, which makes a new one." : "Renew it, put it in the place of the old one and restart the server.";
        return now < from
            ? Finding.Bad(Topic, $"it is good only from {Day(from)}", "Set the clock, or use another certificate.")
            : now >= to
                ? Finding.Bad(Topic, $"it has expired on {Day(to)}", renew)
                : to - now < Short
                    ? Finding.Bad(Topic, $"it expires in {(to - now).Days} days, on {Day(to)}", renew)
                    : Finding.Good(Topic, $"it is good for {(to - now).Days} more days, until {Day(to)}");
    }

    private static Finding Names(X509Certificate2 certificate, ServeOptions options)
    {
        string[] wanted = [.. options.AllowedHosts, .. options.PublicUrl is { Scheme: "https" } url ? (string[])[url.Host] : []];
        // A wildcard stands for any name below it.
        var missing = wanted.Where(name => !certificate.MatchesHostname(name.Replace("*", "any", StringComparison.Ordinal))).ToList();
        return missing.Count == 0
            ? Finding.Good(Topic, wanted.Length == 0 ? $"it is of {certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false)}" : $"it names {string.Join(", ", wanted)}")
            : Finding.Bad(Topic, $"it does not name {string.Join(", ", missing)}", options.Certificate is null
                ? "Restart the server, which makes one that does."
                : "Use a certificate of these names, or, where a proxy in front has its own, none of them here.");
    }

    private static string Day(DateTime time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
