using System.CommandLine;
using Granary.Server.Commands;

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
// Without response files: @acme/left is a package and not a file of arguments.
return await root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
