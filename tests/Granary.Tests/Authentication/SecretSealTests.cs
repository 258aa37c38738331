using System.Security.Cryptography;
using System.Text;
using Granary.Server.Authentication;

namespace Granary.Tests.Authentication;

public sealed class SecretSealTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("granary-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Opens_what_was_sealed_after_a_restart()
    {
        var box = new SecretSeal(directory).Seal(TestSigner.Secret, TestSigner.KeyId);

        Assert.Equal(TestSigner.Secret, new SecretSeal(directory).Open(box, TestSigner.KeyId));
        Assert.DoesNotContain(TestSigner.Secret, Encoding.Latin1.GetString(box), StringComparison.Ordinal);
        Assert.NotEqual(box, new SecretSeal(directory).Seal(TestSigner.Secret, TestSigner.KeyId));
    }

    [Fact]
    public void Does_not_open_what_was_changed_or_belongs_to_another_access_key()
    {
        var seal = new SecretSeal(directory);
        var box = seal.Seal(TestSigner.Secret, TestSigner.KeyId);

        Assert.Throws<CryptographicException>(() => seal.Open(box, "AKIAEXAMPLE000000002"));
        for (var i = 0; i < box.Length; i++)
        {
            var changed = box.ToArray();
            changed[i] ^= 1;
            Assert.Throws<CryptographicException>(() => seal.Open(changed, TestSigner.KeyId));
            Assert.Throws<CryptographicException>(() => seal.Open(box[..i], TestSigner.KeyId));
        }
    }

    [Fact]
    public void A_lost_key_is_told_by_the_name_of_its_file()
    {
        var box = new SecretSeal(directory).Seal(TestSigner.Secret, TestSigner.KeyId);
        File.Delete(Path.Combine(directory, "keys", "access-keys.key"));

        var failure = Assert.Throws<CryptographicException>(() => new SecretSeal(directory).Open(box, TestSigner.KeyId));

        Assert.Contains("keys/access-keys.key", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(TestSigner.Secret, failure.ToString(), StringComparison.Ordinal);
    }
}
