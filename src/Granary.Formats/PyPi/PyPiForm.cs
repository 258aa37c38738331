using System.Text;
using Granary.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Granary.Formats.PyPi;

/// <summary>
/// The form of an upload as twine, poetry and flit send it: fields first, the distribution after them. The distribution goes to its
/// sink as it arrives. Of the fields those are kept that are compared with it.
/// </summary>
internal sealed class PyPiForm(MultipartReader reader)
{
    /// <summary>Bytes of a form without its distribution. The longest field is the description, which a distribution's metadata has too.</summary>
    public const int MaxFields = 16 << 20;

    private const int MaxBoundary = 100;

    // What a field counts besides its value, so that their number has a limit too.
    private const int FieldCost = 256;

    private const string Dependencies = "requires_dist";

    private static readonly string[] Kept = [":action", "name", "version", "filetype", "requires_python", "md5_digest", "sha256_digest"];

    private readonly Dictionary<string, string> fields = new(StringComparer.Ordinal);
    private readonly List<string> dependencies = [];
    private int length;

    /// <summary>The name of the distribution that came; null where none did.</summary>
    public string? File { get; private set; }

    /// <summary>PEP 508; empty where the client says nothing of dependencies.</summary>
    public IReadOnlyList<string> RequiresDist => dependencies;

    /// <exception cref="Refusal">Validation: the request is no form.</exception>
    public static PyPiForm Of(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundary } boundary
            ? new PyPiForm(new MultipartReader(boundary.ToString(), request.Body) { BodyLengthLimit = null })
            : throw Refusal.Validation("An upload is a multipart/form-data request: use twine upload, poetry publish or flit publish.");

    /// <summary>The value of a field that is compared; null where it did not come or is empty.</summary>
    public string? Field(string name) => fields.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <exception cref="Refusal">Validation: the field did not come.</exception>
    public string Required(string name) =>
        Field(name) ?? throw Refusal.Validation($"The upload's form has no {name} before its content: use twine upload, poetry publish or flit publish.");

    /// <summary>Reads the form to its end.</summary>
    /// <param name="receive">Takes the distribution; what it does not read is passed over.</param>
    /// <exception cref="Refusal">Validation: it is malformed, has two distributions or a field twice. TooLarge: its fields pass the limit.</exception>
    public async Task ReadAsync(Func<Stream, Task> receive, CancellationToken cancellation)
    {
        try
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                var disposition = section.GetContentDispositionHeader();
                var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).ToString();
                if (name != "content")
                {
                    await ReadFieldAsync(name, section.Body, cancellation);
                    continue;
                }

                File = File is null ? HeaderUtilities.RemoveQuotes(disposition!.FileName).ToString() : throw Refusal.Validation("The upload has more than one distribution: upload one at a time.");
                await receive(section.Body);
            }
        }
        catch (Exception malformed) when (malformed is InvalidDataException || malformed.GetType() == typeof(IOException))
        {
            // The reader's own exceptions; those of a connection that broke are of types derived from these.
            throw Refusal.Validation("The upload's form is malformed or was cut on its way: upload again.");
        }
    }

    private async Task ReadFieldAsync(string name, Stream body, CancellationToken cancellation)
    {
        using var value = new MemoryStream();
        var buffer = new byte[4 << 10];
        Count(FieldCost);
        while (await body.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            Count(read);
            if (name == Dependencies || Kept.Contains(name))
            {
                value.Write(buffer, 0, read);
            }
        }

        var text = Encoding.UTF8.GetString(value.GetBuffer(), 0, (int)value.Length);
        if (name == Dependencies)
        {
            dependencies.Add(text);
        }
        else if (Kept.Contains(name) && !fields.TryAdd(name, text))
        {
            throw Refusal.Validation($"The upload's form has its {name} twice: use twine upload, poetry publish or flit publish.");
        }
    }

    private void Count(int bytes)
    {
        length += bytes;
        if (length > MaxFields)
        {
            throw Refusal.TooLarge($"The upload's form, its distribution aside, is larger than {MaxFields:N0} bytes: shorten the description.");
        }
    }
}
