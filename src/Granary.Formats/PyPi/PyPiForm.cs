using System.Text;
using Granary.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Granary.Formats.PyPi;

/// <summary>
/// The form of an upload as twine, poetry and flit send it: fields first, the distribution after them. The distribution goes to its
/// sink as it arrives; the fields are kept, at most 16 MiB of them.
/// </summary>
internal sealed class PyPiForm(MultipartReader reader)
{
    private const int MaxFields = 16 << 20;
    private const int MaxBoundary = 100;

    private readonly Dictionary<string, string> fields = new(StringComparer.Ordinal);
    private int length;

    /// <summary>The name of the distribution that came; null where none did.</summary>
    public string? File { get; private set; }

    /// <exception cref="Refusal">Validation: the request is no form.</exception>
    public static PyPiForm Of(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundary } boundary
            ? new PyPiForm(new MultipartReader(boundary.ToString(), request.Body) { BodyLengthLimit = null })
            : throw Refusal.Validation("An upload is a multipart/form-data request: use twine upload, poetry publish or flit publish.");

    /// <summary>The first value of a field; null where it did not come or is empty.</summary>
    public string? Field(string name) => fields.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <exception cref="Refusal">Validation: the field did not come.</exception>
    public string Required(string name) =>
        Field(name) ?? throw Refusal.Validation($"The upload's form has no {name} before its content: use twine upload, poetry publish or flit publish.");

    /// <summary>Reads the form to its end.</summary>
    /// <param name="receive">Takes the distribution; what it does not read is passed over.</param>
    /// <exception cref="Refusal">Validation: it is malformed or has two distributions. TooLarge: its fields pass the limit.</exception>
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
        catch (Exception malformed) when (malformed is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw Refusal.Validation("The upload's form is malformed or was cut on its way: upload again.");
        }
    }

    private async Task ReadFieldAsync(string name, Stream body, CancellationToken cancellation)
    {
        using var value = new MemoryStream();
        var buffer = new byte[16 << 10];
        while (await body.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            length += read;
            if (length > MaxFields)
            {
                throw Refusal.TooLarge($"The upload's form, its distribution aside, is larger than {MaxFields:N0} bytes: shorten the description.");
            }

            value.Write(buffer, 0, read);
        }

        // Fields that may be repeated are in the distribution's own metadata, which is what counts.
        fields.TryAdd(name, Encoding.UTF8.GetString(value.GetBuffer(), 0, (int)value.Length));
    }
}
