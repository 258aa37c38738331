using System.Globalization;

namespace Granary.Server.Hosting;

/// <summary>The log of a server that systemd started: a line for each message, with its level where the journal looks for it.</summary>
internal static class JournalLog
{
    // systemd.exec(5): the first is the process that systemd itself started, and not one that inherited the variable; the second is there
    // where the journal takes its output.
    private static bool IsRead =>
        Environment.GetEnvironmentVariable("SYSTEMD_EXEC_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        && Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };

    public static ILoggingBuilder AddJournal(this ILoggingBuilder logging) => IsRead ? logging.AddSystemdConsole() : logging;
}
