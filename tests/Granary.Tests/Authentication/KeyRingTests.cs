using Granary.Core;
using Granary.Server.Authentication;
using Granary.Tests.Commands;

namespace Granary.Tests.Authentication;

public sealed class KeyRingTests : IDisposable
{
    private static readonly DateTimeOffset Start = TestSigner.Now;

    private readonly TemporaryDirectory data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public void A_file_of_one_key_is_as_it_has_always_been()
    {
        KeyRing.LoadOrCreate(data.Path, "some.key");
        Assert.Equal(32, new FileInfo(Path.Combine(data.Path, "keys", "some.key")).Length);
    }

    [Fact]
    public void Opens_what_any_of_its_keys_has_sealed_for_the_same_owner()
    {
        var first = KeyRing.LoadOrCreate(data.Path, "some.key");
        var old = first.Seal("text"u8, "owner"u8);
        first.Rotate(Start, DateTimeOffset.MinValue);
        var second = KeyRing.LoadOrCreate(data.Path, "some.key");

        Assert.Equal("text"u8.ToArray(), second.Open(old, "owner"u8));
        Assert.Null(second.Open(old, "other"u8));
        Assert.Null(first.Open(second.Seal("text"u8, "owner"u8), "owner"u8));
        Assert.Null(second.DropReplaced().Open(old, "owner"u8));
        Assert.Null(KeyRing.LoadOrCreate(data.Path, "some.key").Open(old, "owner"u8));
    }

    [Fact]
    public void Forgets_keys_that_were_replaced_too_long_ago()
    {
        var ring = KeyRing.LoadOrCreate(data.Path, "some.key");
        var old = ring.Seal("text"u8, "owner"u8);
        ring = ring.Rotate(Start, DateTimeOffset.MinValue);

        Assert.NotNull(ring.Open(old, "owner"u8, since: Start));
        Assert.Null(ring.Open(old, "owner"u8, since: Start.AddSeconds(1)));
        ring = ring.Rotate(Start.AddHours(13), since: Start.AddHours(1));
        Assert.Null(ring.Open(old, "owner"u8));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(73)]
    public void A_file_of_another_length_is_damaged_and_says_so(int length)
    {
        Directory.CreateDirectory(Path.Combine(data.Path, "keys"));
        File.WriteAllBytes(Path.Combine(data.Path, "keys", "some.key"), new byte[length]);
        Assert.Contains("keys/some.key", Assert.Throws<InvalidDataException>(() => KeyRing.LoadOrCreate(data.Path, "some.key")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_outlives_its_key_until_the_longest_session_would_have_ended()
    {
        var clock = new ManualTime(Start);
        var issued = new SessionCredentials(data.Path, clock).Issue(KeysCommandTests.Session(Start.ToUnixTimeSeconds()));
        KeyRing.LoadOrCreate(data.Path, "sessions.key").Rotate(Start, since: Start);
        var sessions = new SessionCredentials(data.Path, clock);

        Assert.Equal("arn:aws:iam::111122223333:role/ci", sessions.Open(issued.AccessKeyId, issued.SessionToken).Principal.RoleArn);
        clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal(AuthenticationFailure.ExpiredCode, Assert.Throws<Refusal>(() => sessions.Open(issued.AccessKeyId, issued.SessionToken)).Code);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationFailure.UnknownKeyCode, Assert.Throws<Refusal>(() => sessions.Open(issued.AccessKeyId, issued.SessionToken)).Code);
    }
}
