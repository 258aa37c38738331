namespace Granary.Formats.PyPi;

/// <summary>Which document of a project: its page of the Simple API in one of two forms, or what the JSON API tells of it.</summary>
internal enum PyPiView
{
    Html,
    Json,
    Project,
}

/// <summary>Which rendering of a project is meant.</summary>
internal readonly record struct PyPiPageForm(PyPiView View, bool Gzip);

/// <summary>A project's document.</summary>
internal static class PyPiPage
{
    /// <param name="project">Normalised.</param>
    /// <param name="address">The repository's address as clients see it, with a trailing slash.</param>
    /// <param name="versions">Not empty.</param>
    public static RenderedDocument Render(string project, string address, IReadOnlyDictionary<string, PyPiManifest> versions, PyPiPageForm form)
    {
        var ordered = versions.OrderBy(v => v.Key, PyPiVersionOrder.Instance).ThenBy(v => v.Key, StringComparer.Ordinal).ToArray();
        return RenderedDocument.Of(
            form.View switch
            {
                PyPiView.Html => PyPiSimple.Html(project, address, ordered),
                PyPiView.Json => PyPiSimple.Json(project, address, ordered),
                _ => PyPiProject.Json(project, address, ordered),
            },
            form.Gzip);
    }

    /// <summary>Where a file is to be had.</summary>
    public static string UrlOf(string project, string address, string version, PyPiFile file) =>
        $"{address}simple/{project}/{Uri.EscapeDataString(version)}/{Uri.EscapeDataString(file.Name)}";
}
