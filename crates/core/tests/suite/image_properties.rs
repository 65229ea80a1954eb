//! Images against a plain vector.

use pagefold_core::{Image, ImageBuilder, PageRun, PageSet, Region};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use crate::guest::{assert_same_bytes, noise, page_bytes};

const PAGES_MAX: usize = 24;

/// What a page holds.
#[derive(Debug, Clone, Copy)]
enum Contents {
    Zero,
    Noise(u64),
    /// One byte, at this place of the page.
    OneByte(usize),
}

fn contents() -> impl Strategy<Value = Contents> {
    prop_oneof![
        3 => Just(Contents::Zero),
        3 => any::<u64>().prop_map(Contents::Noise),
        1 => (0..page_bytes()).prop_map(Contents::OneByte),
        1 => Just(Contents::OneByte(0)),
        1 => Just(Contents::OneByte(page_bytes() - 1)),
    ]
}

/// Bytes of `1..=PAGES_MAX` pages, the last one perhaps in part.
fn memory() -> impl Strategy<Value = Vec<u8>> {
    (vec(contents(), 1..=PAGES_MAX), 1..=page_bytes()).prop_map(|(pages, last_page_bytes)| {
        let mut bytes: Vec<u8> = pages.iter().flat_map(|contents| page_of(*contents)).collect();
        bytes.truncate((pages.len() - 1) * page_bytes() + last_page_bytes);
        bytes
    })
}

fn page_of(contents: Contents) -> Vec<u8> {
    let mut page = vec![0; page_bytes()];
    match contents {
        Contents::Zero => {}
        Contents::Noise(seed) => page = noise(page_bytes(), seed),
        Contents::OneByte(at) => page[at] = 1,
    }
    page
}

fn used_pages(bytes: &[u8]) -> Vec<usize> {
    let pages = bytes.chunks(page_bytes()).enumerate();
    pages.filter(|(_, page)| page.iter().any(|byte| *byte != 0)).map(|(index, _)| index).collect()
}

fn expect_image_of(image: &Image, bytes: &[u8]) {
    assert_eq!(image.byte_length(), bytes.len());
    assert_eq!(image.page_count(), bytes.len().div_ceil(page_bytes()));
    assert_eq!(image.stored().pages().collect::<Vec<_>>(), used_pages(bytes));
    assert_same_bytes(&image.to_vec(), bytes, "bytes of the image");
    let last = image.page_count() - 1;
    let used = bytes.len() - last * page_bytes();
    assert!(image.page(last).is_none_or(|padded| padded[used..].iter().all(|byte| *byte == 0)), "the padding is zero");
}

/// A region with these bytes, rounded up to whole pages.
fn region_of(bytes: &[u8], pages: usize) -> Region {
    let byte_length = pages * page_bytes();
    let mut region = Region::allocate(byte_length, byte_length).expect("little memory");
    region.window().expect("alive").write(0, bytes).expect("in range");
    region
}

fn bytes_of(region: &mut Region) -> Vec<u8> {
    let mut bytes = vec![0xEE; region.byte_length()];
    region.window().expect("alive").read(0, &mut bytes).expect("in range");
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_image_holds_the_bytes_and_stores_only_what_is_used(bytes in memory()) {
        expect_image_of(&Image::from_bytes(&bytes).expect("there is room"), &bytes);
        let mut region = region_of(&bytes, bytes.len().div_ceil(page_bytes()));
        let captured = Image::capture(&region.window().expect("alive"), None).expect("there is room");
        prop_assert_eq!(captured.stored().pages().collect::<Vec<_>>(), used_pages(&bytes));
        assert_same_bytes(&captured.to_vec()[..bytes.len()], &bytes, "the captured image");
    }

    #[test]
    fn an_image_built_in_pieces_is_the_same(bytes in memory(), cuts in btree_set(1..PAGES_MAX, 0..6)) {
        let mut builder = ImageBuilder::new(bytes.len()).expect("there is room");
        let pages = bytes.len().div_ceil(page_bytes());
        let mut first = 0;
        for end in cuts.into_iter().filter(|cut| *cut < pages).chain([pages]) {
            let part = &bytes[first * page_bytes()..bytes.len().min(end * page_bytes())];
            builder.write(first, part).expect("inside the image");
            first = end;
        }
        expect_image_of(&builder.finish().expect("it can be mapped"), &bytes);
    }

    /// Exactly the pages of the set become those of the image; every other page stays.
    #[test]
    fn copy_back_changes_exactly_the_pages_of_the_set(
        bytes in memory(),
        chosen in btree_set(0..PAGES_MAX, 0..PAGES_MAX),
        seed in any::<u64>(),
    ) {
        let page = page_bytes();
        let image = Image::from_bytes(&bytes).expect("there is room");
        let mut expected = noise(PAGES_MAX * page, seed);
        let mut region = region_of(&expected, PAGES_MAX);
        let mut padded = bytes;
        padded.resize(PAGES_MAX * page, 0);
        for index in &chosen {
            expected[index * page..(index + 1) * page].copy_from_slice(&padded[index * page..(index + 1) * page]);
        }
        let set: PageSet = chosen.iter().map(|index| PageRun { start: *index, end: index + 1 }).collect();
        image.copy_back(&mut region.window().expect("alive"), &set).expect("the window is long enough");
        assert_same_bytes(&bytes_of(&mut region), &expected, "after copy_back");
        let window = region.window().expect("alive");
        for index in chosen {
            prop_assert!(image.matches(&window, index));
        }
    }

    #[test]
    fn a_mapped_image_shows_itself_and_leaves_the_rest(bytes in memory(), more in 0_usize..4) {
        let page = page_bytes();
        let pages = bytes.len().div_ceil(page) + more;
        let image = std::sync::Arc::new(Image::from_bytes(&bytes).expect("there is room"));
        let mut expected = noise(pages * page, 1);
        let mut region = region_of(&expected, pages);
        image.map_over(&mut region.window().expect("alive")).expect("it fits");
        expected[..image.page_count() * page].fill(0);
        expected[..bytes.len()].copy_from_slice(&bytes);
        assert_same_bytes(&bytes_of(&mut region), &expected, "after map_over");
        region.window().expect("alive").write(0, &[!bytes[0]]).expect("in range");
        assert_same_bytes(&image.to_vec(), &bytes, "a write to the memory does not reach the image");
    }
}

#[test]
fn writing_past_the_end_of_an_image_is_refused() {
    let page = page_bytes();
    let mut builder = ImageBuilder::new(2 * page).expect("there is room");
    for (first, length) in [(2, 1), (1, page + 1), (usize::MAX, 1), (usize::MAX / page, page)] {
        let error = builder.write(first, &vec![1; length]).expect_err("refused");
        assert_eq!(error.kind(), pagefold_core::ErrorKind::OutOfRange);
    }
    let image = builder.finish().expect("it can be mapped");
    assert!(image.stored().is_empty());
}
