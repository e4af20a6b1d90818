internal import BundleFormat
import Values

/// An image in memory while it is made canonical: everything libarchive takes from the machine is overwritten, and every file
/// is told where its content will lie.
struct ISOImage {
    static let sectorSize = 2048
    private static let primarySector = 16
    private static let jolietSector = 17
    private static let terminatorSector = 18
    private static let infoSector = 19

    private(set) var bytes: [UInt8]
    private let date: ISODate
    private let label: String

    /// Takes libarchive's image, checks its descriptors and makes them canonical.
    init(skeleton: consuming [UInt8], label: String, date: ISODate) throws(ArchiveError) {
        bytes = skeleton
        self.label = label
        self.date = date
        guard bytes.count % Self.sectorSize == 0, bytes.count >= (Self.infoSector + 1) * Self.sectorSize else {
            throw .unexpectedImage(reason: "it has \(bytes.count) bytes")
        }
        try checkDescriptor(at: Self.primarySector, type: 1)
        try checkDescriptor(at: Self.jolietSector, type: 2)
        try checkDescriptor(at: Self.terminatorSector, type: 255)
        makeDescriptorCanonical(at: Self.primarySector, space: [0x20])
        makeDescriptorCanonical(at: Self.jolietSector, space: [0x00, 0x20])
        // libarchive writes the label in upper case here; in Joliet's UCS-2 it keeps the case.
        let name = Array(label.utf8) + [UInt8](repeating: 0x20, count: 32 - label.utf8.count)
        overwrite(Self.primarySector * Self.sectorSize + 40, name)
        // "INFO", the time, libarchive's version and options; nothing reads it.
        overwrite(Self.infoSector * Self.sectorSize, [UInt8](repeating: 0, count: Self.sectorSize))
    }

    private func checkDescriptor(at sector: Int, type: UInt8) throws(ArchiveError) {
        let start = sector * Self.sectorSize
        guard bytes[start] == type, bytes[(start + 1)..<(start + 6)].elementsEqual("CD001".utf8) else {
            throw .unexpectedImage(reason: "sector \(sector) holds no volume descriptor of type \(type)")
        }
    }

    /// ECMA-119 8.4: the system identifier at 8, dates of creation, modification and effect at 813, 830 and 864.
    private mutating func makeDescriptorCanonical(at sector: Int, space: [UInt8]) {
        let start = sector * Self.sectorSize
        overwrite(start + 8, Array(repeatElement(space, count: 32 / space.count).joined()))
        overwrite(start + 156 + 18, date.record)
        for offset in [813, 830, 864] { overwrite(start + offset, date.descriptor) }
    }

    /// Gives every record of both trees its member's attributes and the place of its content, and states the final size.
    ///
    /// Contents follow the directories in the order of the members, each from the start of a sector. The caller puts them there.
    mutating func place(_ list: ISOMemberList) throws(ArchiveError) -> [ISOExtent] {
        var next = bytes.count / Self.sectorSize
        var extents: [ISOExtent] = []
        let placements = list.members.map { member -> Int? in
            guard case .file(let content, let size) = member.kind, size > 0 else { return nil }
            defer { next += Int((size + Int64(Self.sectorSize) - 1) / Int64(Self.sectorSize)) }
            extents.append(
                ISOExtent(content: content, offset: Int64(next) * Int64(Self.sectorSize), size: size))
            return next
        }
        guard let sectors = UInt32(exactly: next) else {
            throw .limitExceeded(archive: label, what: "the size of the image", limit: Int64(UInt32.max) * 2048)
        }
        try markTree(at: Self.primarySector, tree: .rockRidge, list, placements)
        try markTree(at: Self.jolietSector, tree: .joliet, list, placements)
        for sector in [Self.primarySector, Self.jolietSector] {
            overwriteBothEndian(sector * Self.sectorSize + 80, sectors)
        }
        return extents
    }

    /// Puts a content behind what is there, filled up to a sector.
    mutating func append(_ content: [UInt8]) {
        bytes.append(contentsOf: content)
        let used = bytes.count % Self.sectorSize
        if used > 0 { bytes.append(contentsOf: repeatElement(0, count: Self.sectorSize - used)) }
    }

    private enum Tree { case rockRidge, joliet }

    private mutating func markTree(
        at sector: Int, tree: Tree, _ list: ISOMemberList, _ placements: [Int?]
    ) throws(ArchiveError) {
        let root = try record(at: sector * Self.sectorSize + 156)
        var pending: [(path: String, record: ISORecord)] = [("", root)]
        var marked = [Bool](repeating: false, count: list.members.count)
        while let (path, directory) = pending.popLast() {
            for record in try records(of: directory) {
                overwrite(record.offset + 18, date.record)
                let systemUse = tree == .rockRidge ? try self.systemUse(of: record) : []
                if record.kind == .current || record.kind == .parent {
                    let subject = record.kind == .current ? path : Self.parent(of: path)
                    let member = list.index(of: subject).map { list.members[$0] }
                    if tree == .rockRidge { try mark(systemUse, as: member, serial: nil) }
                    continue
                }
                let name = tree == .rockRidge ? rockRidgeName(systemUse) : jolietName(record)
                let childPath = path.isEmpty ? name : path + "/" + name
                guard let index = list.index(of: childPath), !marked[index],
                    (record.kind == .directory) == list.members[index].isDirectory
                else { throw .unexpectedImage(reason: "it has a record \"\(printable(childPath))\" nobody asked for") }
                marked[index] = true
                if record.kind == .directory { pending.append((childPath, record)) }
                if let place = placements[index], case .file(_, let size) = list.members[index].kind {
                    overwriteBothEndian(record.offset + 2, UInt32(place))
                    overwriteBothEndian(record.offset + 10, UInt32(size))
                }
                if tree == .rockRidge { try mark(systemUse, as: list.members[index], serial: placements[index]) }
            }
        }
        if let missing = marked.firstIndex(of: false) {
            throw .unexpectedImage(reason: "\"\(list.members[missing].path)\" is missing in it")
        }
    }

    private static func parent(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
    }

    /// RRIP 1.12: PX holds mode, links, owner and serial number, TF the times. Nil is the root.
    private mutating func mark(
        _ systemUse: [ISOSystemUseEntry], as member: ISOMember?, serial: Int?
    ) throws(ArchiveError) {
        var hasMode = false
        for entry in systemUse {
            if entry.kind == .attributes, entry.length >= 36 {
                hasMode = true
                let type: FileType = member?.isDirectory ?? true ? .directory : .regular
                overwriteBothEndian(entry.offset + 4, type.rawValue | UInt32(member?.permissions.bits ?? 0o755))
                // One link each: with more, readers look for hard links.
                overwriteBothEndian(entry.offset + 12, 1)
                overwriteBothEndian(entry.offset + 20, member?.userID ?? 0)
                overwriteBothEndian(entry.offset + 28, member?.groupID ?? 0)
                if let serial, entry.length >= 44 { overwriteBothEndian(entry.offset + 36, UInt32(serial)) }
            } else if entry.kind == .times, entry.length >= 5 {
                try markTimes(entry)
            }
        }
        guard hasMode else { throw .unexpectedImage(reason: "a record has no Rock Ridge mode") }
    }

    private mutating func markTimes(_ entry: ISOSystemUseEntry) throws(ArchiveError) {
        let flags = bytes[entry.offset + 4]
        let count = (flags & 0x7F).nonzeroBitCount
        let stamp = flags & 0x80 == 0 ? date.record : date.descriptor
        guard entry.length == 5 + count * stamp.count else {
            throw .unexpectedImage(reason: "a Rock Ridge time has a wrong length")
        }
        for index in 0..<count { overwrite(entry.offset + 5 + index * stamp.count, stamp) }
    }

    private mutating func overwrite(_ offset: Int, _ replacement: [UInt8]) {
        for (index, byte) in replacement.enumerated() { bytes[offset + index] = byte }
    }

    /// ECMA-119 7.3.3: little-endian, then big-endian.
    private mutating func overwriteBothEndian(_ offset: Int, _ value: UInt32) {
        for index in 0..<4 {
            let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
            bytes[offset + index] = byte
            bytes[offset + 7 - index] = byte
        }
    }
}

/// A time in the two forms of ECMA-119: 7 bytes in directory records (9.1.5), 17 in volume descriptors (8.4.26.1). Always UTC.
struct ISODate {
    let record: [UInt8]
    let descriptor: [UInt8]

    /// Nil outside the years 1970 to 2155, whose number since 1900 fits in one byte.
    init?(secondsSince1970 seconds: Int64) {
        let time = Timestamp(secondsSince1970: seconds)
        guard time.isRepresentable else { return nil }
        let civil = time.civil
        guard civil.year <= 2155 else { return nil }
        let parts = [civil.month, civil.day, civil.hour, civil.minute, civil.second]
        record = [UInt8(civil.year - 1900)] + parts.map { UInt8($0) } + [0]
        descriptor = ([civil.year / 100, civil.year % 100] + parts + [0]).flatMap(Self.twoDigits) + [0]
    }

    /// The time, or an error that names the image.
    init(epoch: Int64, subject: String) throws(ArchiveError) {
        guard let date = ISODate(secondsSince1970: epoch) else {
            throw .refusedMember(
                archive: subject, member: "epoch \(epoch)", reason: "ISO 9660 holds the years 1970 to 2155")
        }
        self = date
    }

    private static func twoDigits(_ number: Int) -> [UInt8] {
        [UInt8(ascii: "0") + UInt8(number / 10), UInt8(ascii: "0") + UInt8(number % 10)]
    }
}
