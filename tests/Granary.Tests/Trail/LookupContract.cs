using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Core.Trail;

namespace Granary.Tests.Trail;

public abstract class LookupContract(Engine engine) : TrailContract(engine)
{
    private static readonly Principal Session = new(Owner, $"arn:aws:sts::{Owner}:assumed-role/ci/build-7")
    {
        IdentityId = "AROACI",
        RoleArn = $"arn:aws:iam::{Owner}:role/ci",
        AccessKeyId = "ASIASESSION",
        Session = new("ci", "build-7", 1_772_000_000, 1_773_000_000) { Provider = "token.example.com" },
    };

    [Theory]
    [InlineData("EventName", "CreateUser", 1)]
    [InlineData("EventName", "ReadFromRepository", 3)]
    [InlineData("EventName", "Nothing", 0)]
    [InlineData("EventName", "ReadFromRepo", 0)]
    [InlineData("ReadOnly", "true", 3)]
    [InlineData("ReadOnly", "false", 2)]
    [InlineData("Username", "admin", 3)]
    [InlineData("Username", "build-7", 1)]
    [InlineData("Username", "root", 1)]
    [InlineData("ResourceType", "AWS::IAM::User", 1)]
    [InlineData("ResourceType", "AWS::CodeArtifact::Repository", 3)]
    [InlineData("ResourceName", "shop", 3)]
    [InlineData("ResourceName", "näme \"q\"", 1)]
    [InlineData("EventSource", "iam.amazonaws.com", 2)]
    [InlineData("AccessKeyId", "ASIASESSION", 1)]
    [InlineData("AccessKeyId", "AKIAADMIN", 3)]
    public async Task Finds_by_each_attribute(string attribute, string value, int count)
    {
        await AddAsync(
            Read("one"),
            Read("näme \"q\""),
            Read("three", by: Session),
            Call("CreateUser", parameters: """{"userName":"bob"}"""),
            Call("DeleteAccount", new Principal(Owner, $"arn:aws:iam::{Owner}:root")));
        Assert.Equal(count, (await FindAsync(attribute, value, 50)).Count);
        Assert.Equal(count, (await FindAsync(attribute, value, 1)).Count);
    }

    [Fact]
    public async Task Finds_a_record_by_its_id()
    {
        await AddAsync(Read("one"), Read("two"), Read("three"), Call("CreateUser"));
        foreach (var found in await FindAsync(null, "", 50))
        {
            Assert.Equal(found.Json, Assert.Single(await FindAsync("EventId", found.Id, 50)).Json);
        }

        Assert.Empty(await FindAsync("EventId", Guid.NewGuid().ToString(), 50));
        Assert.Empty(await FindAsync("EventId", "no id", 50));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(50)]
    public async Task Pages_show_each_record_once_the_newest_first(int size)
    {
        // Chains in turns, some of one time, so that segments overlap.
        for (var n = 0; n < 40; n++)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(n % 3 * 100));
            Queue.Add(Read($"p{n}", domain: 1 + (n % 3)));
            if (n % 8 == 7)
            {
                await Queue.FlushAsync(CancellationToken.None);
            }
        }

        await Queue.FlushAsync(CancellationToken.None);
        var found = await FindAsync(null, "", size);
        Assert.Equal(40, found.Select(e => e.Id).Distinct().Count());
        Assert.Equal(40, found.Count);
        Assert.Equal(found.Select(e => e.At).OrderDescending(), found.Select(e => e.At));
    }

    [Fact]
    public async Task Pages_of_many_segments_end_and_go_on()
    {
        for (var n = 0; n < 150; n++)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(1));
            await AddAsync(Read(n is 3 or 149 ? "wanted" : $"p{n}"));
        }

        var lookup = new TrailLookup(Database);
        var query = new TrailQuery(Owner, "ResourceName", "wanted", DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        var first = await lookup.FindAsync(query, 50, null, CancellationToken.None);
        Assert.Single(first.Events);
        Assert.NotNull(first.Next);
        Assert.Equal(2, (await FindAsync("ResourceName", "wanted", 50)).Count);
        Assert.Equal(150, (await FindAsync(null, "", 50)).Count);
    }

    [Fact]
    public async Task Shows_only_what_the_account_gets_a_copy_of_and_only_the_time_asked_for()
    {
        var start = Clock.GetUtcNow();
        await AddAsync(Read("one"), Call("CreateUser", new Principal(Other, $"arn:aws:iam::{Other}:user/u")));
        Clock.Advance(TimeSpan.FromMinutes(5));
        await AddAsync(Read("two"));
        Assert.Equal(2, (await FindAsync(null, "", 50)).Count);
        Assert.Single(await FindAsync(null, "", 50, Other));
        Assert.Single(await FindAsync(null, "", 50, from: start.AddMinutes(1)));
        Assert.Single(await FindAsync(null, "", 50, to: start.AddMinutes(1)));
        Assert.Empty(await FindAsync(null, "", 50, from: start.AddMinutes(1), to: start.AddMinutes(2)));
    }

    private async Task<List<TrailEvent>> FindAsync(
        string? attribute, string value, int size, string account = Owner, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var lookup = new TrailLookup(Database);
        var query = new TrailQuery(account, attribute, value, from ?? DateTimeOffset.UnixEpoch, to ?? DateTimeOffset.MaxValue);
        var found = new List<TrailEvent>();
        IReadOnlyList<string>? after = null;
        do
        {
            var page = await lookup.FindAsync(query, size, after, CancellationToken.None);
            Assert.True(page.Events.Count <= size);
            found.AddRange(page.Events);
            Assert.True(page.Next is null || after is null || !page.Next.SequenceEqual(after), "A page went no further.");
            after = page.Next;
        }
        while (after is not null);

        return found;
    }
}

public sealed class LookupOnSqliteTests() : LookupContract(Engine.Sqlite);

public sealed class LookupOnPostgreSqlTests() : LookupContract(Engine.PostgreSql);
