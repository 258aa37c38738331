using System.Buffers;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.PyPi;

/// <summary>
/// <c>POST</c> to the repository: one wheel or sdist, from the socket to the disk as it arrives. Who may not is refused before its
/// bytes are read. What counts is the metadata in the file; the form and the file's name must agree with it.
/// </summary>
internal sealed class PyPiPublish(
    AssetStore assets, Publishing checks, AssetPublishing publishing, PyPiSpelling spelling, PublishTurns turns, Quotas quotas, TimeProvider clock)
{
    // Bytes. A read of the socket gives a few thousand, and a write of so few for each of them would cost more than the bytes.
    private const int Piece = 128 * 1024;

    public static Task PostAsync(HttpContext context) => context.RequestServices.GetRequiredService<PyPiPublish>().RunAsync(context);

    private async Task RunAsync(HttpContext context)
    {
        var (request, cancellation) = (RepositoryRequest.Of(context), context.RequestAborted);
        // The quota itself is counted while the distribution comes, because its message says what to do.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = quotas.AssetSize + (2 * PyPiForm.MaxFields);
        var form = PyPiForm.Of(context.Request);
        await using var spool = assets.CreateSpool();
        await form.ReadAsync(
            async content =>
            {
                request = await AdmitAsync(request, form, cancellation);
                await ReceiveAsync(content, spool, cancellation);
            },
            cancellation);
        if (form.File is not { } name)
        {
            throw Refusal.Validation("The upload's form has no content, which is the distribution: use twine upload, poetry publish or flit publish.");
        }

        await PublishAsync(request, form, name, spool, cancellation);
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    /// <summary>The request with the package that the form names, once the caller may publish it.</summary>
    private async Task<RepositoryRequest> AdmitAsync(RepositoryRequest request, PyPiForm form, CancellationToken cancellation)
    {
        var (name, version) = (form.Required("name"), form.Required("version"));
        if (!PyPiName.IsValid(name) || PyPiVersion.Parse(version) is not { } parsed)
        {
            throw Refusal.Validation("The upload's name is none by PEP 508, or its version none by PEP 440: build the package again with valid ones.");
        }

        var package = new PackageCoordinate(PyPiFormat.FormatName, "", PyPiName.Normalize(name));
        (request.Record.Package, request.Record.Version) = (package, parsed.ToString());
        var admitted = request with { Package = package };
        await admitted.DemandAsync(AccessActions.PublishPackageVersion);
        if (form.Required(":action") != "file_upload")
        {
            throw Refusal.Validation("The upload's form has another :action than file_upload: use twine upload, poetry publish or flit publish.");
        }

        await checks.DemandPublishableAsync(request.Domain, request.Repository, package, cancellation);
        return admitted;
    }

    private async Task ReceiveAsync(Stream content, Spool spool, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await content.ReadAtLeastAsync(buffer.AsMemory(0, Piece), Piece, throwOnEndOfStream: false, cancellation) is > 0 and var read)
            {
                if (spool.Length + read > quotas.AssetSize)
                {
                    throw Refusal.QuotaExceeded(
                        ResourceType.Asset, "content", $"The distribution is larger than the {quotas.AssetSize:N0} bytes that an asset may have. Raise {Quotas.Key(nameof(Quotas.AssetSize))}, or split it.");
                }

                await spool.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task PublishAsync(RepositoryRequest request, PyPiForm form, string name, Spool spool, CancellationToken cancellation)
    {
        // The form's blake2_256_digest is of the same bytes, and the runtime has no such function: SHA-256 says all that it could.
        var digests = spool.Finish();
        Compare(form, "sha256_digest", digests.Sha256);
        Compare(form, "md5_digest", digests.Md5);
        var file = PyPiFileName.Parse(name) is { } parsed && parsed.Agrees(form.Required("name"), form.Required("version"))
            ? parsed
            : throw Refusal.Validation($"{ArchivePath.Shown(name)} is not the name of a wheel (.whl) or sdist (.tar.gz) of {request.RequiredPackage.Name} {form.Required("version")}: upload the file that the build made, under its own name.");
        PyPiDistribution distribution;
        await using (var stream = spool.OpenRead())
        {
            distribution = await PyPiDistribution.InspectAsync(file, stream, PyPiLimits.Default, cancellation);
        }

        var (package, metadata) = (request.RequiredPackage, distribution.Metadata);
        PyPiFormCheck.Agree(form, distribution);
        var version = PyPiVersion.Parse(metadata.Version)!;
        using var turn = await turns.EnterAsync(request.Repository, package, version.Key, cancellation);
        var entry = new PyPiFile(file.File, digests.Sha256Hex, digests.Size, clock.GetUtcNow(), metadata.RequiresPython, distribution.MetadataSha256, null);
        var publication = new AssetPublication(package, await spelling.OfAsync(request.Domain, request.Repository, package, version, cancellation), file.File, Unfinished: false)
        {
            Gathered = new GatheredAsset(before => PyPiManifest.With(before, metadata, entry), metadata.Summary, metadata.Description),
        };
        request.Record.Version = publication.Version;
        await publishing.DemandOpenAsync(request.Domain, request.Repository, publication, digests.Sha256, cancellation);
        await assets.StoreAsync(
            request.Domain.Id,
            spool,
            stored => publishing.PublishAsync(request.Domain, request.Repository, publication, stored, request.Actor, cancellation),
            cancellation);
    }

    private static void Compare(PyPiForm form, string field, byte[] digest)
    {
        if (form.Field(field) is { } promised && !promised.Equals(Convert.ToHexString(digest), StringComparison.OrdinalIgnoreCase))
        {
            throw Refusal.Validation($"The upload's {field} is not that of the bytes that came, which is {Convert.ToHexStringLower(digest)}: upload again.");
        }
    }
}
