/// A directory record (ECMA-119 9.1) by its place in the image. It holds no bytes of the image: a slice would make the next
/// change of the image copy all of it.
struct ISORecord {
    /// What a record stands for in its directory.
    enum Kind {
        /// The directory itself, first record of each.
        case current
        /// The directory above, second record of each.
        case parent
        case directory
        case file
    }

    let kind: Kind
    /// Byte offset in the image.
    let offset: Int
    let length: Int
    let identifier: Range<Int>
    /// First sector and bytes of what the record describes.
    let extent: Int
    let size: Int

    /// The system use area, behind the identifier and its padding.
    var systemUse: Range<Int> {
        let start = identifier.upperBound + (identifier.count % 2 == 0 ? 1 : 0)
        return start..<max(start, offset + length)
    }
}
