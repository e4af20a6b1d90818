import Testing

@testable import Values

@Suite struct ValueTests {
    @Test(arguments: ["1.2.3.4", "0.0.0.0", "255.255.255.255", "192.168.64.10"])
    func addressesKeepTheirSpelling(text: String) { #expect(IPv4Address(text)?.description == text) }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4 ", "a.b.c.d", "+1.2.3.4", "1..2.3", "١.1.1.1",
    ])
    func refusesAddresses(text: String) { #expect(IPv4Address(text) == nil) }

    @Test func networksKnowTheirBounds() throws {
        let network = try IPv4Network(parsing: "10.96.0.0/12")
        #expect(network.broadcast.description == "10.111.255.255")
        #expect(network.netmask.description == "255.240.0.0")
        #expect(network.host(10)?.description == "10.96.0.10")
        #expect(network.subnetwork(2, prefixLength: 24)?.description == "10.96.2.0/24")
        #expect(network.subnetwork(4096, prefixLength: 24) == nil)
        #expect(try network.overlaps(IPv4Network(parsing: "10.100.0.0/16")))
        #expect(try !network.overlaps(IPv4Network(parsing: "10.112.0.0/12")))
    }

    @Test func namesTheNetworkThatWasMeant() throws {
        #expect(throws: IPv4Network.ParseFailure.hostBits(try IPv4Network(parsing: "10.96.0.0/12"))) {
            try IPv4Network(parsing: "10.100.0.0/12")
        }
        for text in [
            "10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "x/8", "", "1.2.3/24", "1.2.3.4", "1.2.3.4/33",
            "1.2.3.256/8", "a.b.c.d/8",
        ] {
            #expect(throws: IPv4Network.ParseFailure.notCIDR) { try IPv4Network(parsing: text) }
        }
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2026-11-22", 1_795_305_600),
        ("2026-11-22T10:11:12Z", 1_795_342_272), ("2100-03-01", 4_107_542_400),
    ])
    func timestampsAgreeWithDate(text: String, seconds: Int64) throws {
        let timestamp = try #require(Timestamp(text))
        #expect(timestamp.secondsSince1970 == seconds)
        #expect(timestamp.description.hasPrefix(text.prefix(10)))
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-1-1", "2026-11-22T10:00:00", "2026-11-22T24:00:00Z", "1969-01-01", "now",
    ])
    func refusesTimestamps(text: String) { #expect(Timestamp(text) == nil) }

    @Test func everyDayOfFourCenturiesRoundTrips() {
        for day in stride(from: Int64(0), to: 146_097, by: 1) {
            let timestamp = Timestamp(secondsSince1970: day * 86_400 + 3_661)
            #expect(Timestamp(timestamp.description) == timestamp)
        }
    }

    @Test(arguments: [("1h", 3600), ("30d", 2_592_000), ("10y", 315_360_000)])
    func lifetimes(text: String, seconds: Int64) {
        #expect(Lifetime(text)?.seconds == seconds)
        #expect(Lifetime(text)?.description == text)
    }

    @Test(arguments: ["", "d", "0d", "-1d", "5", "1w", "101y", "99999999999999999999y"])
    func refusesLifetimes(text: String) { #expect(Lifetime(text) == nil) }

    @Test(arguments: [("512MiB", 512), ("2GiB", 2048), ("2 GiB", 2048), ("1TiB", 1 << 20)])
    func sizes(text: String, mebibytes: Int) { #expect(ByteSize(text)?.mebibytes == mebibytes) }

    @Test(arguments: ["2GB", "2G", "GiB", "0GiB", "-1GiB", "1.5GiB", "99999999999TiB", "2"])
    func refusesSizes(text: String) { #expect(ByteSize(text) == nil) }

    @Test func macAddressesAreLocalAndUnicast() {
        let mac = MACAddress(locallyAdministered: [0xFF, 1, 2, 3, 4, 5, 6])
        #expect(mac.description == "fe:01:02:03:04:05")
        #expect(mac.isUnicast)
        #expect(MACAddress("52:54:00:AB:cd:ef")?.description == "52:54:00:ab:cd:ef")
        #expect(MACAddress("01:00:5e:00:00:01")?.isUnicast == false)
        #expect(MACAddress("52:54:00:ab:cd") == nil)
    }

    @Test func uuidsSayTheirVersionAndVariant() {
        let text = MachineUUID(digest: [UInt8](repeating: 0xFF, count: 32)).description
        #expect(text == "FFFFFFFF-FFFF-8FFF-BFFF-FFFFFFFFFFFF")
    }

    @Test(arguments: [
        ("a", true), ("worker-1", true), ("1a", true), ("", false), ("-a", false), ("a-", false), ("A", false),
        ("a_b", false), ("a.b", false),
    ])
    func labels(text: String, valid: Bool) { #expect(DNSLabel.isValid(text) == valid) }

    @Test func labelsAreCorrected() {
        #expect(DNSLabel.corrected("Worker_1") == "worker-1")
        #expect(DNSLabel.corrected("--") == nil)
        #expect(!DNSLabel.isValid(String(repeating: "a", count: 64)))
    }

    @Test func versionsCompareByNumber() {
        #expect(Version("1.9.0").map { $0 < Version(1, 31, 0) } == true)
        for text in ["1.2", "v1.2.3", "1.2.3-rc.1", "01.2.3", "1.2.03"] { #expect(Version(text) == nil) }
    }
}
