using System.Text;

namespace Granary.Core.Events.Input;

/// <summary>JSON as it is written, without reading what its strings say.</summary>
internal static class JsonText
{
    /// <summary>The same JSON without blanks between its tokens.</summary>
    public static string Minify(string json)
    {
        var text = new StringBuilder(json.Length);
        var inString = false;
        for (var i = 0; i < json.Length; i++)
        {
            var c = json[i];
            if (!inString && c is ' ' or '\t' or '\r' or '\n')
            {
                continue;
            }

            text.Append(c);
            if (c == '\\' && inString && i + 1 < json.Length)
            {
                text.Append(json[++i]);
            }
            else if (c == '"')
            {
                inString = !inString;
            }
        }

        return text.ToString();
    }
}
