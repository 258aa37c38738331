namespace Granary.Core.Transfer;

/// <summary>How far a step has come.</summary>
/// <param name="Step">What is done, such as <c>rows of packages</c>.</param>
/// <param name="Done">Rows or files.</param>
/// <param name="Total">Null where it is not known before the end.</param>
public readonly record struct TransferProgress(string Step, long Done, long? Total);
