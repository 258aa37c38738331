using System.CommandLine;
using Granary.Server.Commands;

// Without response files: @acme/left is a package and not a file of arguments.
return await AllCommands.Create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
