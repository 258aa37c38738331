using Granary.Core;

namespace Granary.Formats.PyPi;

/// <summary>
/// Holds what an upload's form says against the distribution that came with it. Nothing of the form is served; but who looked at it
/// before it was sent must not have been shown something else than installers get.
/// </summary>
internal static class PyPiFormCheck
{
    /// <exception cref="Refusal">Validation: the two contradict each other. What the form is silent about is not compared.</exception>
    public static void Agree(PyPiForm form, PyPiDistribution distribution)
    {
        var metadata = distribution.Metadata;
        var kind = distribution.File.IsWheel ? "bdist_wheel" : "sdist";
        if (form.Field("filetype") is { } filetype && filetype != kind)
        {
            throw Contradicts("filetype", $"{distribution.File.File} is of the kind {kind}");
        }

        if (form.Field("requires_python") is { } python && Squeezed(python) != Squeezed(metadata.RequiresPython ?? ""))
        {
            throw Contradicts("requires_python", "the metadata in the distribution has another Requires-Python");
        }

        var said = form.RequiresDist.Select(Squeezed).Where(text => text.Length > 0).ToHashSet(StringComparer.Ordinal);
        if (said.Count > 0 && !said.SetEquals(metadata.RequiresDist.Select(Squeezed)))
        {
            throw Contradicts("requires_dist", "the metadata in the distribution has other Requires-Dist");
        }
    }

    // Tools lay out the same requirement differently.
    private static string Squeezed(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    private static Refusal Contradicts(string field, string what) =>
        Refusal.Validation($"The upload's {field} does not agree with its content: {what}. Build the package again and upload what was built.");
}
