import Testing
import Values

struct DistributionTests {
    @Test func distributionsAndPackagesHaveOneSpelling() {
        #expect(Distribution("debian-13/arm64") == Distribution(.debian13, .arm64))
        #expect(Distribution("ubuntu-24.04/amd64")?.description == "ubuntu-24.04/amd64")
        for text in ["", "debian-13", "debian-13/arm64/x", "debian-12/arm64", "debian-13/aarch64", "Debian-13/arm64"] {
            #expect(Distribution(text) == nil, "\(text)")
        }
        #expect(["haproxy", "libstdc++6", "g++", "0ad", "python3.13"].allSatisfy(PackageName.isValid))
        #expect(
            !["", "a", "-a", "A1", "a_b", "a b", "a/b", String(repeating: "a", count: 129)].contains(
                where: PackageName.isValid))
        #expect(
            ["haproxy_3.0.11-1+deb13u1_amd64.deb", "a1_1%3a2~rc1_all.deb", "a1_1:2_arm64.deb"].allSatisfy(
                PackageName.isFile))
        #expect(
            !["haproxy.deb", "a1_1.deb", "a1_1_all_x.deb", "A_1_all.deb", "../a1_1_all.deb", "a1_1_all", "a1__all.deb"]
                .contains(where: PackageName.isFile))
    }
}
