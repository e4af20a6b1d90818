# Homebrew's formula of a release. 'make formula' fills in its address and digest; nothing else in it changes.
class Slipway < Formula
  desc "Compiles one YAML file into a reproducible Kubernetes cluster"
  homepage "https://slipway.example/"
  url "@URL@"
  version "@VERSION@"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "pkgconf" => :build
  depends_on xcode: ["26.0", :build]
  depends_on "libarchive"
  depends_on macos: :sequoia

  def install
    # Homebrew's libarchive is keg-only; SwiftPM's own sandbox cannot be inside Homebrew's.
    ENV.prepend_path "PKG_CONFIG_PATH", Formula["libarchive"].opt_lib/"pkgconfig"
    system "swift", "build", "--disable-sandbox", "-c", "release", "--product", "slipway"
    system "scripts/install", ".build/release/slipway", prefix
  end

  test do
    system bin/"slipway", "init", "ha", "--subnet", "10.7.0.0/24", "--memory", "64GiB"
    system bin/"slipway", "secrets", "new", "ha.secret"
    system bin/"slipway", "bundle", "ha.yaml"
    system bin/"slipway", "verify", "out/ha.tar"
  end
end
