"""Each format as its publishers and its readers speak it."""
from formats import generic, maven, npm, nuget, pypi

ALL = [npm.Npm(), pypi.PyPi(), maven.Maven(), nuget.NuGet(), generic.Generic()]
OF = {format.name: format for format in ALL}
