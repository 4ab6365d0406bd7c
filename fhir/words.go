package fhir

import (
	"strings"
	"sync"
)

type phrase struct {
	rest        string // the words after the first
	sensitivity string
}

// words finds in coded text and displays what the code tables miss: products
// in RxNorm, children in SNOMED CT, local codes. Phrases are separated by
// commas. English only, and blind to negation: "HIV negative" is HIV
// information all the same.
var words = sync.OnceValue(func() map[string][]phrase {
	m := map[string][]phrase{}
	for line := range strings.Lines(wordText) {
		sens, list, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		for p := range strings.SplitSeq(list, ",") {
			first, rest, _ := strings.Cut(strings.TrimSpace(p), " ")
			m[first] = append(m[first], phrase{rest, sens})
		}
	}
	return m
})

const wordText = `
SUD: alcoholism, alcoholic, alcohol dependence, alcohol abuse, alcohol use disorder, alcohol withdrawal, drug dependence, drug abuse, dependent drug abuse, drug addiction, substance abuse, substance use disorder, opioid dependence, opioid abuse, opioid use disorder, opioid withdrawal, cocaine dependence, cocaine abuse, cannabis dependence, cannabis abuse, heroin, methadone, buprenorphine, suboxone, subutex, sublocade, naltrexone, vivitrol, disulfiram, acamprosate, lofexidine, drug rehabilitation
ETH: drug overdose, opioid overdose, alcohol intoxication, drugs of abuse, alcohol use disorders identification, blood alcohol
PSY: depression, depressive, bipolar, schizophrenia, schizoaffective, psychosis, psychotic, psychiatric, psychotherapy, anxiety, panic disorder, obsessive compulsive, posttraumatic stress, post traumatic stress, suicide, suicidal, self harm, anorexia nervosa, bulimia, eating disorder, personality disorder, attention deficit, autism, autistic, mental disorder, mental health, adjustment disorder, electroconvulsive, clozapine, olanzapine, risperidone, quetiapine, aripiprazole, ziprasidone, paliperidone, lurasidone, haloperidol, lithium carbonate, fluoxetine, sertraline, citalopram, escitalopram, paroxetine, venlafaxine, desvenlafaxine, mirtazapine, fluvoxamine, vortioxetine, vilazodone
HIV: hiv, hiv1, hiv2, aids, human immunodeficiency virus, acquired immune deficiency, acquired immunodeficiency, antiretroviral, antiretrovirals, abacavir, atazanavir, bictegravir, cabotegravir, darunavir, dolutegravir, doravirine, efavirenz, elvitegravir, emtricitabine, enfuvirtide, etravirine, fosamprenavir, fostemsavir, ibalizumab, indinavir, lamivudine, lenacapavir, lopinavir, maraviroc, nelfinavir, nevirapine, raltegravir, rilpivirine, saquinavir, stavudine, didanosine, tenofovir, tipranavir, zidovudine, cobicistat, biktarvy, truvada, descovy, genvoya, triumeq
STD: gonorrhea, gonorrhoea, gonorrhoeae, syphilis, treponema pallidum, chlamydia trachomatis, chlamydial, genital herpes, genital wart, trichomonas, trichomoniasis, sexually transmitted, chancroid
SEX: contraceptive, contraception, intrauterine device, vasectomy, tubal ligation, pregnancy, pregnant, miscarriage, abortion, termination of pregnancy, blighted ovum, infertility, erectile, sexual dysfunction, sexual orientation, gender identity, gender dysphoria, transgender, preeclampsia, antenatal, prenatal, mifepristone, levonorgestrel, etonogestrel, norethindrone, norgestimate, drospirenone, ethinyl estradiol, medroxyprogesterone, sildenafil, tadalafil
SDV: intimate partner, domestic violence, domestic abuse, sexual assault, sexual abuse, physical abuse, child abuse, elder abuse, rape, battered, victim of abuse, victim of violence
GDIS: cystic fibrosis, sickle cell, huntington, hereditary, down syndrome, trisomy, brca1, brca2, hemophilia, haemophilia, muscular dystrophy, genetic carrier, genetic disease, tay sachs, marfan, thalassemia, phenylketonuria, fragile x
`
