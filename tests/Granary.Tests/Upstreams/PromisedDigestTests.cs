using Granary.Core.Upstreams;

namespace Granary.Tests.Upstreams;

public sealed class PromisedDigestTests
{
    [Theory]
    [InlineData(DigestAlgorithm.Md5)]
    [InlineData(DigestAlgorithm.Sha1)]
    [InlineData(DigestAlgorithm.Sha256)]
    [InlineData(DigestAlgorithm.Sha512)]
    public void Is_held_by_bytes_that_have_one_of_its_digests(DigestAlgorithm algorithm)
    {
        var (pear, plum, fig) = (Of("pear"), Of("plum"), Of("fig"));

        Assert.True(new PromisedDigest(algorithm, [pear]).Holds(World.DigestsOf("pear")));
        Assert.True(new PromisedDigest(algorithm, [plum, pear]).Holds(World.DigestsOf("pear")));
        Assert.False(new PromisedDigest(algorithm, [plum, fig]).Holds(World.DigestsOf("pear")));
        Assert.False(new PromisedDigest(algorithm, [pear[..^1]]).Holds(World.DigestsOf("pear")));
        Assert.False(new PromisedDigest(algorithm, []).Holds(World.DigestsOf("pear")));

        byte[] Of(string content)
        {
            var digests = World.DigestsOf(content);
            return algorithm switch
            {
                DigestAlgorithm.Md5 => digests.Md5,
                DigestAlgorithm.Sha1 => digests.Sha1,
                DigestAlgorithm.Sha256 => digests.Sha256,
                _ => digests.Sha512,
            };
        }
    }

    [Fact]
    public void Agrees_with_another_that_the_same_bytes_can_keep()
    {
        var (pear, plum) = (World.DigestsOf("pear"), World.DigestsOf("plum"));
        var one = new PromisedDigest(DigestAlgorithm.Sha512, [pear.Sha512]);

        Assert.True(one.Agrees(new PromisedDigest(DigestAlgorithm.Sha512, [pear.Sha512])));
        Assert.True(one.Agrees(new PromisedDigest(DigestAlgorithm.Sha512, [plum.Sha512, pear.Sha512])));
        Assert.True(one.Agrees(new PromisedDigest(DigestAlgorithm.Sha1, [plum.Sha1])));
        Assert.False(one.Agrees(new PromisedDigest(DigestAlgorithm.Sha512, [plum.Sha512])));
    }
}
