using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Granary.Server.Aws.Sts.WebIdentity;

/// <summary>A key of an issuer, and the algorithms that it may be used with: those of its own kind, or the one that it names.</summary>
internal sealed record IssuerKey(string Id, SecurityKey Key, IReadOnlyList<string> Algorithms)
{
    private const int SmallestRsa = 2048;

    private static readonly string[] Rsa =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
    ];

    private static readonly Dictionary<string, (ECCurve Curve, string Algorithm)> Curves = new(StringComparer.Ordinal)
    {
        ["P-256"] = (ECCurve.NamedCurves.nistP256, SecurityAlgorithms.EcdsaSha256),
        ["P-384"] = (ECCurve.NamedCurves.nistP384, SecurityAlgorithms.EcdsaSha384),
        ["P-521"] = (ECCurve.NamedCurves.nistP521, SecurityAlgorithms.EcdsaSha512),
    };

    /// <summary>The keys of a JWK set (RFC 7517) that verify signatures. Those of other kinds, and those that are none, are left out.</summary>
    /// <exception cref="JsonException">The text is no JWK set.</exception>
    public static IReadOnlyList<IssuerKey> Read(byte[] text)
    {
        try
        {
            return [.. new JsonWebKeySet(System.Text.Encoding.UTF8.GetString(text)).Keys.Select(Read).OfType<IssuerKey>()];
        }
        catch (ArgumentException failure)
        {
            throw new JsonException("The text is no JWK set.", failure);
        }
    }

    private static IssuerKey? Read(JsonWebKey jwk)
    {
        if (string.IsNullOrEmpty(jwk.Kid) || jwk.Use is not (null or "" or "sig") || (jwk.KeyOps.Count > 0 && !jwk.KeyOps.Contains("verify")))
        {
            return null;
        }

        try
        {
            (SecurityKey? key, string[] algorithms) = jwk.Kty switch
            {
                JsonWebAlgorithmsKeyTypes.RSA => ((SecurityKey?)RsaKey(jwk), Rsa),
                JsonWebAlgorithmsKeyTypes.EllipticCurve when Curves.TryGetValue(jwk.Crv, out var curve) => (EcKey(jwk, curve.Curve), [curve.Algorithm]),
                _ => (null, []),
            };
            return key is null ? null : new IssuerKey(jwk.Kid, key, string.IsNullOrEmpty(jwk.Alg) ? algorithms : [.. algorithms.Where(a => a == jwk.Alg)]);
        }
        catch (Exception failure) when (failure is CryptographicException or FormatException or ArgumentException)
        {
            // Not on its curve, or no numbers.
            return null;
        }
    }

    private static RsaSecurityKey? RsaKey(JsonWebKey jwk)
    {
        var key = new RsaSecurityKey(new RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(jwk.N), Exponent = Base64UrlEncoder.DecodeBytes(jwk.E) }) { KeyId = jwk.Kid };
        return key.KeySize >= SmallestRsa ? key : null;
    }

    private static ECDsaSecurityKey EcKey(JsonWebKey jwk, ECCurve curve) => new(ECDsa.Create(new ECParameters
    {
        Curve = curve,
        Q = { X = Base64UrlEncoder.DecodeBytes(jwk.X), Y = Base64UrlEncoder.DecodeBytes(jwk.Y) },
    }))
    {
        KeyId = jwk.Kid,
    };
}
