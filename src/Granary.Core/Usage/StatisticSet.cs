namespace Granary.Core.Usage;

/// <summary>CloudWatch's statistic set: enough to answer Sum, SampleCount, Average, Minimum and Maximum, and to be added to others.</summary>
public struct StatisticSet
{
    public double Sum { get; set; }

    public long Samples { get; set; }

    public double Minimum { get; set; }

    public double Maximum { get; set; }

    public readonly bool IsEmpty => Samples == 0;

    public readonly double Average => Samples == 0 ? 0 : Sum / Samples;

    public static StatisticSet Of(double value) => new() { Sum = value, Samples = 1, Minimum = value, Maximum = value };

    public void Add(double value) => Add(Of(value));

    public void Add(in StatisticSet other)
    {
        if (other.IsEmpty)
        {
            return;
        }

        (Minimum, Maximum) = IsEmpty
            ? (other.Minimum, other.Maximum)
            : (Math.Min(Minimum, other.Minimum), Math.Max(Maximum, other.Maximum));
        Sum += other.Sum;
        Samples += other.Samples;
    }
}
