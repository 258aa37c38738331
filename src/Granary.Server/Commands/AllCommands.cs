using System.CommandLine;

namespace Granary.Server.Commands;

/// <summary>What <c>granary</c> can be told to do; docs/operations.md begins with a line for each.</summary>
internal static class AllCommands
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Granary: AWS CodeArtifact that anyone can run.");
        ServeCommand.AddTo(root);
        root.Subcommands.Add(ServeCommand.Create());
        root.Subcommands.Add(ConnectionsCommand.Create());
        root.Subcommands.Add(AccountCommand.Create());
        root.Subcommands.Add(KeysCommand.Create());
        root.Subcommands.Add(BackupCommand.Create());
        root.Subcommands.Add(RestoreCommand.Create());
        root.Subcommands.Add(MigrateCommand.Create());
        root.Subcommands.Add(DoctorCommand.Create());
        root.Subcommands.Add(AuditCommand.Create());
        root.Subcommands.Add(EventsCommand.Create());
        root.Subcommands.Add(ExplainCommand.Create());
        root.Subcommands.Add(CollectCommand.Create());
        root.Subcommands.Add(ScrubCommand.Create());
        root.Subcommands.Add(UsageCommand.Create());
        return root;
    }
}
