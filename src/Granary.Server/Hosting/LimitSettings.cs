using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Granary.Server.Hosting;

/// <summary>Reads records of numbers, such as <see cref="Core.Quotas"/>: every member is a setting, so that none can be forgotten here.</summary>
internal static class LimitSettings
{
    /// <summary>What turns off a limit that may be absent.</summary>
    private const string Off = "off";

    /// <param name="section">Names the keys in messages too.</param>
    /// <param name="limits">The defaults; the members that the section names are set in it.</param>
    /// <param name="others">Keys of the section that are read elsewhere.</param>
    /// <exception cref="FormatException">A key is no member, or its value no number that it takes.</exception>
    public static T Read<T>(IConfigurationSection section, T limits, params string[] others)
        where T : class
    {
        var members = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(member => member.CanWrite)
            .ToDictionary(member => member.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var key in section.GetChildren().Where(key => !others.Contains(key.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (!members.TryGetValue(key.Key, out var member))
            {
                throw KnownSettings.Unknown($"{section.Path}:", key.Key, [.. members.Keys, .. others]);
            }

            if (key.Value is not "" || key.GetChildren().Any())
            {
                member.SetValue(limits, Number(member, $"{section.Path}:{member.Name}", key.Value));
            }
        }

        return limits;
    }

    private static object? Number(PropertyInfo member, string key, string? text)
    {
        var absent = Nullable.GetUnderlyingType(member.PropertyType);
        if (absent is not null && Off.Equals(text, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var type = absent ?? member.PropertyType;
        var most = member.GetCustomAttribute<RangeAttribute>()?.Maximum is int limit ? limit : type == typeof(int) ? int.MaxValue : long.MaxValue;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1 || number > most)
        {
            // Nothing here means "without limit": a zero that did would be a trap for whoever means "none".
            throw new FormatException(
                $"{key}: '{text}' cannot be. Write a whole number from 1 to {most.ToString(CultureInfo.InvariantCulture)}{(absent is null ? "" : $", or {Off}")}.");
        }

        return Convert.ChangeType(number, type, CultureInfo.InvariantCulture);
    }
}
