using System.Globalization;

namespace Granary.Core.Events.Delivery;

/// <summary>Moments as events write them: ISO 8601, seconds, UTC.</summary>
public static class EventTime
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Format(DateTimeOffset moment) => moment.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);
}
