using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Granary.Tests.Aws.Sts;

/// <summary>
/// An OpenID Connect issuer on loopback whose keys, documents and answers a test can change. Tokens are put together by hand, so that
/// each part of one can be wrong while the rest is right.
/// </summary>
internal sealed class OidcIssuer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TimeProvider clock;

    private OidcIssuer(WebApplication app, TimeProvider clock) => (this.app, this.clock) = (app, clock);

    public string Name => app.Urls.Single();

    public RSA Rsa { get; private set; } = RSA.Create(2048);

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The set of keys; tests add to it and take from it.</summary>
    public JsonArray Keys { get; private set; } = [];

    /// <summary>What was asked of the issuer.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Answers in place of the issuer where it is set.</summary>
    public RequestDelegate? Instead { get; set; }

    public Action<JsonObject> ChangeDiscovery { get; set; } = _ => { };

    public static async Task<OidcIssuer> StartAsync(TimeProvider clock)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // Tests leave requests hanging.
        builder.Host.ConfigureHostOptions(host => host.ShutdownTimeout = TimeSpan.Zero);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new OidcIssuer(app, clock);
        app.Run(issuer.AnswerAsync);
        await app.StartAsync();
        issuer.Keys = [issuer.RsaJwk("rsa-1"), issuer.EcJwk("ec-1")];
        return issuer;
    }

    /// <summary>Takes a new RSA key and forgets the old one.</summary>
    public void Rotate(string kid)
    {
        Rsa = RSA.Create(2048);
        Keys = [RsaJwk(kid)];
    }

    public JsonObject RsaJwk(string kid, string? alg = null) => Jwk(kid, alg, ("kty", "RSA"), ("n", Encode(Rsa.ExportParameters(false).Modulus!)), ("e", Encode(Rsa.ExportParameters(false).Exponent!)));

    public JsonObject EcJwk(string kid, string? alg = null) => Jwk(kid, alg, ("kty", "EC"), ("crv", "P-256"), ("x", Encode(Ec.ExportParameters(false).Q.X!)), ("y", Encode(Ec.ExportParameters(false).Q.Y!)));

    /// <summary>A token that is right but for what the changes make of it.</summary>
    public string Token(Action<JsonObject>? claims = null, Action<JsonObject>? header = null, Func<byte[], byte[]>? sign = null) => Raw(Claims(claims).ToJsonString(), header, sign);

    /// <summary>A token whose claims are this text.</summary>
    public string Raw(string claims, Action<JsonObject>? header = null, Func<byte[], byte[]>? sign = null)
    {
        var head = new JsonObject { ["alg"] = "RS256", ["kid"] = "rsa-1", ["typ"] = "JWT" };
        header?.Invoke(head);
        var signed = $"{Encode(Encoding.UTF8.GetBytes(head.ToJsonString()))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        sign ??= data => Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Encode(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public JsonObject Claims(Action<JsonObject>? change = null)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject { ["iss"] = Name, ["sub"] = "repo:tools/shop", ["aud"] = "granary", ["iat"] = now, ["exp"] = now + 300, ["ref"] = "main", ["attempt"] = 3, ["protected"] = true };
        change?.Invoke(claims);
        return claims;
    }

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Rsa.Dispose();
        Ec.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        Requests.Enqueue(context.Request.Path);
        if (Instead is not null)
        {
            return Instead(context);
        }

        if (context.Request.Path == "/.well-known/openid-configuration")
        {
            var discovery = new JsonObject { ["issuer"] = Name, ["jwks_uri"] = $"{Name}/keys" };
            ChangeDiscovery(discovery);
            return context.Response.WriteAsync(discovery.ToJsonString());
        }

        context.Response.StatusCode = context.Request.Path == "/keys" ? 200 : 404;
        return context.Response.WriteAsync(new JsonObject { ["keys"] = Keys.DeepClone() }.ToJsonString());
    }

    private static JsonObject Jwk(string kid, string? alg, params (string Name, string Value)[] members)
    {
        var jwk = new JsonObject { ["kid"] = kid, ["use"] = "sig" };
        if (alg is not null)
        {
            jwk["alg"] = alg;
        }

        foreach (var (name, value) in members)
        {
            jwk[name] = value;
        }

        return jwk;
    }
}
