using System.Globalization;

namespace Granary.Server.Hosting;

/// <summary>Reads spans of time as people write them: <c>90s</c>, <c>30m</c>, <c>2h</c>, <c>7d</c>, or 0.</summary>
internal static class DurationSettings
{
    private const int MostDays = 3650;

    /// <summary>The span, or null where nothing is said.</summary>
    /// <exception cref="FormatException">It is none, or longer than ten years; the message names the key.</exception>
    public static TimeSpan? Read(IConfiguration configuration, string key)
    {
        if (configuration[key] is not { Length: > 0 } text)
        {
            return null;
        }

        var unit = text[^1] switch { 's' => 1L, 'm' => 60, 'h' => 3600, 'd' => 86_400, '0' when text == "0" => 1, _ => 0 };
        var digits = text == "0" ? text : text[..^1];
        return unit > 0 && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count * unit <= MostDays * 86_400L
            ? TimeSpan.FromSeconds(count * unit)
            : throw new FormatException($"{key}: '{text}' is no span of time. Write one such as 90s, 30m, 2h or 7d, or 0.");
    }
}
